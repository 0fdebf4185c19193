"""OpenID Connect: the library's flow, with every check the specification asks of who relies on a provider.

The library takes an identity token it fetched itself without looking at its signature, and sends no nonce. Both
are allowed behind TLS; neither costs us anything (OpenID Connect Core 1.0, 3.1.3.7).
"""

from __future__ import annotations

import json
import secrets
from typing import Any, Final

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures with a key pair. Never one with a shared secret: the header of a token may not choose it."""

CLOCKS_DIFFER: Final = 60
"""Seconds that the provider's clock may be off."""


class Relying(OpenIDConnectOAuth2Adapter):
    """Fetches and checks what the provider says."""

    state: dict[str, Any]

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return the provider's description; it must call itself by the name we know it by. Raise OAuth2Error."""
        config: dict[str, Any] = super().openid_config
        if str(config.get("issuer", "")).rstrip("/") != settings.TOCSIN_OIDC_ISSUER:
            raise OAuth2Error(f"the provider calls itself {config.get('issuer')}")
        for needed in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if needed not in config:
                raise OAuth2Error(f"the provider's description lacks {needed}")
        return config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Return where the provider sends people back to: never made from the Host header."""
        return f"{settings.TOCSIN_BASE_URL}{reverse('openid_connect_callback', args=[self.provider_id])}"

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Return who it is, after checking signature, issuer, audience, time and nonce. Raise OAuth2Error."""
        claims = self._claims(str(kwargs["response"].get("id_token") or ""))
        if not claims.get("email") and "userinfo_endpoint" in self.openid_config:
            more = self._fetch_user_info(token.token)
            if more.get("sub") != claims["sub"]:
                raise OAuth2Error("the provider speaks of two people")
            claims = {**more, **claims}
        provider = self.get_provider()  # type: ignore[no-untyped-call]
        login: SocialLogin = provider.sociallogin_from_response(request, {"id_token": claims})
        return login

    def _claims(self, token: str) -> dict[str, Any]:
        expected = self.state.get("nonce")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key=self._key(token),
                algorithms=ALGORITHMS,
                audience=settings.TOCSIN_OIDC_CLIENT_ID,
                issuer=self.openid_config["issuer"],
                leeway=CLOCKS_DIFFER,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            raise OAuth2Error(f"identity token refused: {error}") from error
        if not expected or not secrets.compare_digest(str(claims.get("nonce", "")), expected):
            raise OAuth2Error("identity token refused: it answers another request")
        audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != settings.TOCSIN_OIDC_CLIENT_ID:
            raise OAuth2Error("identity token refused: it was made for another party")
        return claims

    def _key(self, token: str) -> Any:
        header = jwt.get_unverified_header(token)
        algorithm = str(header.get("alg"))
        if algorithm not in ALGORITHMS:
            raise OAuth2Error(f"identity token refused: signed by {algorithm}")
        with get_adapter().get_requests_session() as session:  # type: ignore[no-untyped-call]
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            keys = [key for key in answer.json().get("keys", []) if key.get("use", "sig") == "sig"]
        if "kid" in header:
            keys = [key for key in keys if key.get("kid") == header["kid"]]
        if len(keys) != 1:
            raise OAuth2Error(f"identity token refused: {len(keys)} keys of the provider could have signed it")
        return jwt.algorithms.get_default_algorithms()[algorithm].from_jwk(json.dumps(keys[0]))


class Provider(OpenIDConnectProvider):
    """The provider of the settings; requests carry PKCE and a nonce, and nothing from the address bar."""

    oauth2_adapter_class = Relying
    pkce_enabled_default = True

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **_kw: Any
    ) -> HttpResponse:
        """Send a person to the provider, remembering what its answer must carry."""
        nonce = secrets.token_urlsafe(24)
        response: HttpResponse = super().redirect(
            request,
            AuthProcess.LOGIN,
            next_url=next_url,
            data=data,
            scope=self.get_scope(),  # type: ignore[no-untyped-call]
            auth_params={"nonce": nonce},
            nonce=nonce,
        )
        return response

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Keep only what we use."""
        claims = data["id_token"]
        return {name: claims[name] for name in ("email", "amr") if name in claims}

    def extract_uid(self, data: dict[str, Any]) -> str:
        """Return the identity: the subject, within this issuer."""
        return str(data["id_token"]["sub"])

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the address; `email_verified` counts only when it is true itself, not some text."""
        claims = data["id_token"]
        return {"email": claims.get("email"), "email_verified": claims.get("email_verified") is True}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        """Leave it to the fields in common."""
        return []


class Callback(OAuth2CallbackView):
    """Where the provider sends people back to."""

    adapter: Relying

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[dict[str, Any] | None, HttpResponse | None]:
        state, response = super()._get_state(request, provider)
        self.adapter.state = state or {}
        return state, response
