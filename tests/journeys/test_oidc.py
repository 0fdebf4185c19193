"""OpenID Connect against a provider on loopback: discovery, PKCE, signed tokens; one that lies is not believed."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from tocsin.accounts import actions as accounts
from tocsin.accounts.models import User
from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import SYSTEM, Role

pytestmark = pytest.mark.django_db(transaction=True)
CLIENT, SECRET = "tocsin", "a secret of the provider"
EN = {"Accept-Language": "en"}


class Provider:
    """A small, correct provider; `claims` and `key` let it lie."""

    def __init__(self) -> None:
        self.key = self.published = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.claims: dict[str, Any] = {"sub": "42", "email": "lan@team.example", "email_verified": True}
        self.grants: dict[str, dict[str, str]] = {}
        self.algorithm = "RS256"
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, provider.get(urlsplit(self.path).path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                provider.answer(self, provider.token({key: value[0] for key, value in parse_qs(body).items()}))

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler, document: dict[str, Any] | None) -> None:
        body = json.dumps(document or {}).encode()
        handler.send_response(200 if document is not None else 400)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def get(self, path: str) -> dict[str, Any] | None:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        if path == "/jwks":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.published.public_key()))
            return {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}
        return None

    def authorize(self, url: str) -> str:
        """Do what a browser and a person do at the provider; return where they are sent back to."""
        assert url.startswith(f"{self.issuer}/authorize?")
        asked = {key: value[0] for key, value in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == "http://127.0.0.1:8000/sign-in/oidc/callback/"
        self.grants["code"] = asked
        return f"/sign-in/oidc/callback/?code=code&state={asked['state']}"

    def token(self, given: dict[str, str]) -> dict[str, Any] | None:
        asked = self.grants.pop(given["code"], None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or given.get("client_secret") != SECRET
            or proof.rstrip(b"=").decode() != asked["code_challenge"]
        ):
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            **self.claims,
        }
        key: Any = SECRET * 2 if self.algorithm == "HS256" else self.key
        token = jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": "one"})
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    provider = Provider()
    settings.TOCSIN_OIDC_ISSUER = provider.issuer
    settings.TOCSIN_OIDC_CLIENT_ID, settings.TOCSIN_OIDC_CLIENT_SECRET = CLIENT, SECRET
    settings.TOCSIN_OIDC_NAME = "House"
    yield provider
    provider.server.shutdown()
    provider.server.server_close()


@pytest.fixture
def lan() -> User:
    return accounts.add_user(email="lan@team.example", role=Role.ANALYST, actor=SYSTEM, now=datetime.now(UTC))


def go(provider: Provider, client: Client, *, next_path: str = "") -> Any:
    page = client.post("/sign-in/provider/", {"next": next_path})
    assert page.status_code == 200
    return client.get(provider.authorize(page.context["url"]))


def refusals() -> list[str]:
    return [entry.detail["why"] for entry in AuditEntry.objects.filter(action="sign-in-failed").order_by("id")]


def test_somebody_who_was_added_before_signs_in(provider: Provider, lan: User) -> None:
    assert "Sign in with House" in Client(headers=EN).get("/sign-in/").content.decode()
    client = Client(headers=EN)
    assert go(provider, client, next_path="/findings/")["Location"] == "/findings/"
    assert client.get("/account/").status_code == 200
    # The next time the identity counts, not the address.
    provider.claims["email"] = "other@team.example"
    assert go(provider, Client())["Location"] == "/"
    assert AuditEntry.objects.filter(action="identity-tied").count() == 1
    assert AuditEntry.objects.filter(action="signed-in", object_id=lan.email).count() == 2


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"email": "nobody@team.example"}, "unknown"),
        ({"email_verified": False}, "unverified"),
        ({"email_verified": "true"}, "unverified"),
        ({"email": None}, "unverified"),
    ],
)
def test_a_stranger_stays_outside(provider: Provider, lan: User, claims: dict[str, Any], why: str) -> None:
    provider.claims |= claims
    client = Client(headers=EN)
    refused = go(provider, client)
    assert (refused.status_code, "no account here is yours" in refused.content.decode()) == (403, True)
    assert client.get("/account/").status_code == 302
    assert (User.objects.count(), refusals()) == (1, [why])


def test_another_identity_with_the_same_address_is_refused(provider: Provider, lan: User) -> None:
    assert go(provider, Client()).status_code == 302
    provider.claims["sub"] = "43"
    assert go(provider, Client()).status_code == 403
    assert refusals() == ["other-identity"]


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "of another request"},
        {"iss": "https://elsewhere.example"},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another-client"]},
        {"exp": 1_000_000_000},
        {"key": True},
        {"algorithm": "HS256"},
    ],
)
def test_a_token_that_lies_is_not_believed(provider: Provider, lan: User, lie: dict[str, Any]) -> None:
    if "key" in lie:
        provider.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    elif "algorithm" in lie:
        provider.algorithm = "HS256"
    else:
        provider.claims |= lie
    client = Client(headers=EN)
    assert go(provider, client).status_code == 403
    assert client.get("/account/").status_code == 302
    assert "identity token refused" in refusals()[0]


def test_an_answer_nobody_asked_for_is_refused(provider: Provider, lan: User) -> None:
    page = Client().post("/sign-in/provider/")
    back = provider.authorize(page.context["url"])
    assert Client().get(back).status_code == 403
    assert Client().get("/sign-in/provider/").status_code == 405


def test_a_provider_that_does_not_answer_is_a_page_not_an_error(provider: Provider, settings: Any) -> None:
    settings.TOCSIN_OIDC_ISSUER = "http://127.0.0.1:1"
    page = Client(headers=EN).post("/sign-in/provider/")
    assert (page.status_code, "did not answer" in page.content.decode()) == (502, True)


def test_without_a_provider_there_is_no_such_way() -> None:
    assert Client().post("/sign-in/provider/").status_code == 404
    assert Client().get("/sign-in/oidc/callback/").status_code == 404


def test_a_provider_that_saw_a_second_factor_counts_as_one(provider: Provider) -> None:
    now = datetime.now(UTC)
    root = accounts.add_user(email="lan@team.example", role=Role.ADMINISTRATOR, actor=SYSTEM, now=now)
    accounts.change_user(user=root, must_have_factor=True, actor=SYSTEM, now=now)
    without, with_ = Client(), Client()
    go(provider, without)
    assert without.get("/people/")["Location"] == "/account/second-factor/"
    provider.claims["amr"] = ["pwd", "mfa"]
    go(provider, with_)
    assert with_.get("/people/").status_code == 200
