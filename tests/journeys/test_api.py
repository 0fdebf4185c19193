"""The API as a program uses it: who gets in, what comes out, page by page, and how errors look."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tocsin.accounts import actions as accounts
from tocsin.accounts import queries as people
from tocsin.base.api import door
from tocsin.base.api.limits import Limiter
from tocsin.base.api.scopes import Scope
from tocsin.base.tenancy import SYSTEM, Role
from tocsin.constituency import queries as constituents
from tocsin.findings import queries as findings
from tocsin.notices import queries as noticed

pytestmark = pytest.mark.django_db(transaction=True)
Program = Callable[..., Client]
JSON = "application/json"
HOSPITAL = "bv-da-khoa-tinh"


def problem(response: object, status: int, code: str) -> dict[str, object]:
    """Check that an answer is a problem of this kind, and return it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    told = response.json()
    assert set(told) == {"type", "title", "status", "detail", "code", "errors"}
    assert (told["status"], told["code"]) == (status, code)
    assert told["type"].endswith(f"#problem-{code}")
    return told


def test_a_program_reads_findings_page_by_page_each_once(town: None, program: Program) -> None:
    client = program("findings:read")
    url, seen = "/api/v1/findings?limit=7", []
    while url:
        response = client.get(url)
        page = response.json()
        assert len(page["items"]) <= 7
        assert (f'<{page["next"]}>; rel="next"' == response["Link"]) if page["next"] else "Link" not in response
        seen += page["items"]
        url = page["next"]
    everything = findings.findings(SYSTEM)
    assert [item["id"] for item in seen] == [str(f.pk) for f in everything]
    assert {item["organization"] for item in seen} == {f.organization_id for f in everything}


def test_a_page_stays_where_it_is_when_rows_are_added_before_it(town: None, program: Program) -> None:
    client = program("organizations:read", "organizations:write")
    first = client.get("/api/v1/organizations?limit=3").json()
    before = client.get(first["next"]).json()["items"]
    new = {"version": 1, "organizations": [{"id": "aaa-moi", "name": {"vi": "Mới", "en": "New"}}]}
    assert client.post("/api/v1/constituency", json.dumps(new), content_type=JSON).status_code == 200
    assert client.get(first["next"]).json()["items"] == before
    assert client.get("/api/v1/organizations?limit=1").json()["items"][0]["id"] == "aaa-moi"


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("organization=so-khoa-hoc", lambda f: f.organization_id == "so-khoa-hoc"),
        ("severity=critical", lambda f: f.severity == "critical"),
        ("kind=open-rdp", lambda f: f.kind == "open-rdp"),
        ("asset=198.51.100.1", lambda f: f.asset.startswith("198.51.100.1")),
        ("owner=silent&sensor=seen", lambda f: f.owner == "silent"),
        ("owner=fixing", lambda f: f.owner == "fixing"),
        ("since=2026-11-22T00:00:00Z", lambda f: f.last_seen >= datetime(2026, 11, 22, tzinfo=UTC)),
    ],
)
def test_a_filter_keeps_what_it_says(town: None, program: Program, query: str, kept: Callable[..., bool]) -> None:
    found = {item["id"] for item in program().get(f"/api/v1/findings?limit=200&{query}").json()["items"]}
    everything = findings.findings(SYSTEM)
    assert everything.count() <= 200
    assert found == {str(f.pk) for f in everything if kept(f)}


def test_instants_are_in_utc(town: None, program: Program) -> None:
    finding = program().get("/api/v1/findings?limit=1").json()["items"][0]
    assert finding["first_seen"].endswith("Z")
    assert datetime.fromisoformat(finding["first_seen"]) == findings.findings(SYSTEM)[0].first_seen


def test_what_has_not_changed_is_not_sent_again(town: None, program: Program) -> None:
    client = program()
    first = client.get("/api/v1/findings")
    again = client.get("/api/v1/findings", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/api/v1/findings?limit=1", headers={"if-none-match": first["ETag"]}).status_code == 200


def test_head_answers_as_get_does(town: None, program: Program) -> None:
    client = program()
    assert client.head("/api/v1/findings")["ETag"] == client.get("/api/v1/findings")["ETag"]


# -- who gets in -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer x",
        "Basic YTpi",
        "Bearer tocsin_aaaaaaaa_" + "A" * 43,
        "Bearer " + "A" * 1_000_000,
        "Bearer \xff",
    ],
)
def test_who_has_no_token_that_holds_gets_401(town: None, header: str) -> None:
    headers = {"authorization": header} if header else {}
    response = Client().get("/api/v1/findings", headers=headers)
    problem(response, 401, "unauthorized")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_token_in_the_address_opens_nothing(town: None) -> None:
    _token, secret = accounts.add_token(name="x", scopes=[Scope.FINDINGS_READ], actor=SYSTEM, now=datetime.now(UTC))
    for name in ("token", "access_token", "key", "authorization"):
        problem(Client().get(f"/api/v1/findings?{name}={secret}"), 401, "unauthorized")


def test_a_token_ends_when_it_expires_or_is_revoked(town: None) -> None:
    now = datetime.now(UTC)
    spent, secret = accounts.add_token(
        name="spent", scopes=[Scope.FINDINGS_READ], actor=SYSTEM, now=now, expires_at=now - timedelta(seconds=1)
    )
    problem(Client(headers={"authorization": f"Bearer {secret}"}).get("/api/v1/me"), 401, "unauthorized")
    token, secret = accounts.add_token(name="living", scopes=[Scope.FINDINGS_READ], actor=SYSTEM, now=now)
    client = Client(headers={"authorization": f"Bearer {secret}"})
    assert client.get("/api/v1/me").status_code == 200
    accounts.revoke_token(token=token, actor=SYSTEM, now=now)
    problem(client.get("/api/v1/me"), 401, "unauthorized")
    with pytest.raises(accounts.AlreadyRevoked):
        accounts.revoke_token(token=token, actor=SYSTEM, now=now)
    assert spent.digest not in secret


def test_only_the_digest_of_a_secret_is_kept_and_its_use_is_noted(town: None) -> None:
    token, secret = accounts.add_token(name="x", scopes=[Scope.FINDINGS_READ], actor=SYSTEM, now=datetime.now(UTC))
    assert secret.startswith(token.prefix)
    row = people.tokens(SYSTEM).values().get(pk=token.pk)
    assert secret not in json.dumps(row, default=str)
    assert row["last_used_at"] is None
    Client(headers={"authorization": f"Bearer {secret}"}).get("/api/v1/me")
    assert people.tokens(SYSTEM).get(pk=token.pk).last_used_at is not None


def test_a_token_reaches_no_further_than_who_made_it_today(town: None) -> None:
    now = datetime.now(UTC)
    maker = accounts.add_user(email="maker@team.example", role=Role.ADMINISTRATOR, actor=SYSTEM, now=now)
    scopes = [Scope.FINDINGS_READ, Scope.NOTICES_APPROVE]
    _token, secret = accounts.add_token(name="x", scopes=scopes, actor=constituents.viewer_of(maker), now=now)
    client = Client(headers={"authorization": f"Bearer {secret}"})
    assert client.get("/api/v1/me").json()["scopes"] == ["findings:read", "notices:approve"]
    maker.role = Role.READER.value
    maker.save()
    assert client.get("/api/v1/me").json()["scopes"] == ["findings:read"]
    maker.is_active = False
    maker.save()
    problem(client.get("/api/v1/me"), 401, "unauthorized")


def test_a_token_of_an_organization_may_not_hold_what_is_everybodys(town: None) -> None:
    with pytest.raises(accounts.BeyondOrganization, match="intake:read"):
        accounts.add_token(
            name="x", scopes=[Scope.INTAKE_READ], organization=HOSPITAL, actor=SYSTEM, now=datetime.now(UTC)
        )


def test_a_session_reads_but_changes_nothing_without_its_csrf_token(town: None) -> None:
    user = accounts.add_user(email="a@team.example", role=Role.ANALYST, actor=SYSTEM, now=datetime.now(UTC))
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.get("/api/v1/me").json()["role"] == "analyst"
    notice = noticed.notices(SYSTEM)[0]
    url, body = f"/api/v1/notices/{notice.pk}/answers", json.dumps({"answer": "seen"})
    problem(client.post(url, body, content_type=JSON), 403, "forbidden")
    assert not notice.answers.exists()
    client.get("/findings/")  # a page sets the cookie
    token = client.cookies[settings.CSRF_COOKIE_NAME].value
    assert client.post(url, body, content_type=JSON, headers={"x-csrftoken": token}).status_code == 201


def test_a_session_that_is_over_is_no_session(town: None, signed_in: Callable[..., Client]) -> None:
    client = signed_in(Role.ANALYST)
    assert client.get("/api/v1/me").status_code == 200
    session = client.session
    session["seen_at"] = (datetime.now(UTC) - timedelta(days=30)).timestamp()
    session.save()
    problem(client.get("/api/v1/me"), 401, "unauthorized")


def test_a_session_may_do_what_its_role_may(town: None, signed_in: Callable[..., Client]) -> None:
    problem(signed_in(Role.READER).get("/api/v1/tokens"), 403, "forbidden")
    assert signed_in(Role.ADMINISTRATOR).get("/api/v1/tokens").status_code == 200
    contact = signed_in(Role.CONTACT, HOSPITAL)
    assert {f["organization"] for f in contact.get("/api/v1/findings").json()["items"]} == {HOSPITAL}


def test_who_calls_too_often_waits(town: None, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "limiter", Limiter(per_minute=1, burst=2))
    client, other = program(), program()
    assert [client.get("/api/v1/me").status_code for _ in range(2)] == [200, 200]
    response = client.get("/api/v1/me")
    problem(response, 429, "rate-limited")
    assert 0 < int(response["Retry-After"]) <= 61
    assert other.get("/api/v1/me").status_code == 200


# -- doing things ------------------------------------------------------------------------------------------------------


def test_an_organizations_token_answers_its_notice(town: None, program: Program) -> None:
    client = program(organization=HOSPITAL)
    notice = client.get("/api/v1/notices").json()["items"][0]
    url = f"/api/v1/notices/{notice['id']}/answers"
    answer = {
        "answer": "fixing",
        "until": (datetime.now(UTC) + timedelta(days=3)).date().isoformat(),
        "note": "Đang vá",
    }
    response = client.post(url, json.dumps(answer), content_type=JSON)
    assert response.status_code == 201
    assert client.get(f"/api/v1/notices/{notice['id']}").json()["answer"] == "fixing"
    told = client.get(f"/api/v1/findings?notice={notice['id']}").json()["items"]
    assert {finding["owner"] for finding in told} == {"fixing"}
    assert len(told) == notice["n_findings"]


def test_a_promise_needs_its_day(town: None, program: Program) -> None:
    client = program(organization=HOSPITAL)
    id_ = client.get("/api/v1/notices").json()["items"][0]["id"]
    response = client.post(f"/api/v1/notices/{id_}/answers", json.dumps({"answer": "fixing"}), content_type=JSON)
    assert problem(response, 422, "invalid")["errors"][0]["pointer"] == "body/until"


def test_the_same_request_with_the_same_key_is_done_once(town: None, program: Program) -> None:
    client = program(organization=HOSPITAL)
    id_ = client.get("/api/v1/notices").json()["items"][0]["id"]
    url, key = f"/api/v1/notices/{id_}/answers", {"idempotency-key": "a1"}
    first = client.post(url, json.dumps({"answer": "seen"}), content_type=JSON, headers=key)
    again = client.post(url, json.dumps({"answer": "seen"}), content_type=JSON, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(client.get(url).json()) == 1
    other = client.post(url, json.dumps({"answer": "fixed"}), content_type=JSON, headers=key)
    problem(other, 422, "idempotency-key-reused")
    # Another caller's key is another key.
    neighbour = program(organization=HOSPITAL)
    assert neighbour.post(url, json.dumps({"answer": "seen"}), content_type=JSON, headers=key).status_code == 201


def test_a_request_that_failed_leaves_its_key_free(town: None, program: Program) -> None:
    client = program(organization=HOSPITAL)
    id_ = client.get("/api/v1/notices").json()["items"][0]["id"]
    url, key = f"/api/v1/notices/{id_}/answers", {"idempotency-key": "b"}
    problem(client.post(url, json.dumps({"answer": "fixing"}), content_type=JSON, headers=key), 422, "invalid")
    assert client.post(url, json.dumps({"answer": "seen"}), content_type=JSON, headers=key).status_code == 201


def test_only_who_may_approve_approves_and_only_what_waits(town: None, program: Program) -> None:
    id_ = noticed.notices(SYSTEM)[0].pk
    problem(program("notices:read", "notices:write").post(f"/api/v1/notices/{id_}/approval"), 403, "forbidden")
    problem(program("notices:approve").post(f"/api/v1/notices/{id_}/approval"), 409, "conflict")


def test_a_notice_explains_its_six_stops(town: None, program: Program) -> None:
    id_ = noticed.notices(SYSTEM)[0].pk
    told = program("notices:read").get(f"/api/v1/notices/{id_}/explanation").json()
    assert len(told["collect"][0]["sha256"]) == 64
    assert all(told[stop] for stop in ("collect", "parse", "attribute", "fold", "decide", "deliver"))


def test_an_export_is_an_import_that_changes_nothing(town: None, program: Program) -> None:
    client = program("organizations:read", "organizations:write")
    exported = client.get("/api/v1/constituency")
    done = client.post("/api/v1/constituency?dry_run=true", exported.content, content_type=JSON).json()
    assert {change["what"] for change in done["changes"]} == {"same"}
    assert len(done["changes"]) == constituents.organizations(SYSTEM).count()


def test_an_import_with_errors_imports_nothing_and_says_where(town: None, program: Program) -> None:
    client = program("organizations:read", "organizations:write")
    file = {"version": 1, "organizations": [
        {"id": "moi", "name": "Mới"}, {"id": "sai", "name": "Sai", "networks": ["192.0.2.1/24"]},
    ]}  # fmt: skip
    told = problem(client.post("/api/v1/constituency", json.dumps(file), content_type=JSON), 422, "invalid")
    assert "did you mean 192.0.2.0/24" in told["errors"][0]["detail"]
    problem(client.get("/api/v1/organizations/moi"), 404, "not-found")
    only_looks = {"version": 1, "organizations": [{"id": "moi", "name": "Mới"}]}
    tried = client.post("/api/v1/constituency?dry_run=true", json.dumps(only_looks), content_type=JSON)
    assert tried.json()["changes"] == [{"organization": "moi", "what": "new", "fields": [], "items": []}]
    problem(client.get("/api/v1/organizations/moi"), 404, "not-found")


def test_a_token_makes_and_revokes_tokens_but_none_above_itself(town: None, program: Program) -> None:
    client = program("admin", "findings:read")
    wanted = {"name": "SIEM", "scopes": ["findings:read"], "organization": HOSPITAL}
    made = client.post("/api/v1/tokens", json.dumps(wanted), content_type=JSON)
    assert made.status_code == 201
    siem = Client(headers={"authorization": f"Bearer {made.json()['secret']}"})
    assert siem.get("/api/v1/me").json()["organizations"] == [HOSPITAL]
    above = client.post("/api/v1/tokens", json.dumps({**wanted, "scopes": ["notices:read"]}), content_type=JSON)
    problem(above, 422, "invalid")
    assert client.delete(f"/api/v1/tokens/{made.json()['id']}").status_code == 204
    problem(siem.get("/api/v1/me"), 401, "unauthorized")
    problem(client.delete(f"/api/v1/tokens/{made.json()['id']}"), 409, "conflict")
    assert made.json()["secret"] not in client.get("/api/v1/tokens").content.decode()


# -- errors ------------------------------------------------------------------------------------------------------------


def test_every_error_is_a_problem(town: None, program: Program) -> None:
    client = program()
    problem(client.get("/api/v1/nothing/here"), 404, "not-found")
    problem(client.get("/api/"), 404, "not-found")
    problem(client.get("/api/v1/organizations/a%00b"), 404, "not-found")
    response = client.put("/api/v1/findings", b"", content_type=JSON)
    problem(response, 405, "method-not-allowed")
    assert response["Allow"] == "GET"
    problem(client.get("/api/v1/findings?limit=0"), 422, "invalid")
    problem(client.get("/api/v1/findings?asset=%00"), 422, "invalid")
    problem(client.get("/api/v1/findings?cursor=W10"), 422, "invalid")
    problem(client.get("/api/v1/findings?cursor=WzFlOTksIjEiXQ"), 422, "invalid")
    problem(client.get("/api/v1/findings?since=2026-11-22"), 422, "invalid")
    problem(client.get("/api/v1/findings", headers={"host": "elsewhere.example"}), 400, "bad-request")


DEEP = "[" * 200_000


@pytest.mark.parametrize(
    ("body", "type_", "status", "code"),
    [
        ("{", JSON, 400, "bad-request"),
        ("NaN", JSON, 400, "bad-request"),
        (b'{"name":"\xff"}', JSON, 400, "bad-request"),
        (b'{"name":"\\ud800"}', JSON, 400, "bad-request"),
        ('{"name":' + "9" * 5000 + "}", JSON, 400, "bad-request"),
        (DEEP, JSON, 400, "bad-request"),
        ('{"a":' * 100_000, JSON, 400, "bad-request"),
        ('{"name":"a\\u0000b","scopes":["admin"]}', JSON, 422, "invalid"),
        ('{"name":1,"scopes":["admin"]}', JSON, 422, "invalid"),
        ("[]", JSON, 422, "invalid"),
        ("name=x", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        ("<a/>", "text/xml", 415, "unsupported-media-type"),
        ('{"name":"' + "x" * (1 << 20) + '"}', JSON, 413, "too-large"),
        ('{"name":"' + "x" * (4 << 20) + '"}', JSON, 413, "too-large"),
    ],
)
def test_a_body_that_is_wrong_is_refused_by_name(
    town: None, program: Program, body: object, type_: str, status: int, code: str
) -> None:
    problem(program("admin").post("/api/v1/tokens", body, content_type=type_), status, code)


def test_a_problem_speaks_the_readers_language(town: None, program: Program) -> None:
    client = program()
    said = {
        language: client.get("/api/v1/nothing", headers={"accept-language": language}).json()["title"]
        for language in ("vi", "en")
    }
    assert said["en"] == "There is nothing here."
    assert said["vi"] != said["en"]


def test_an_unexpected_error_is_a_problem_that_tells_nothing(
    town: None, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    client = program()
    client.raise_request_exception = False
    monkeypatch.setattr(findings, "listed", broken)
    response = client.get("/api/v1/findings")
    assert "secret detail" not in response.content.decode()
    problem(response, 500, "error")


@pytest.mark.parametrize(
    "path", ["findings", "notices", "deliveries", "decisions", "organizations", "reports", "batches"]
)
def test_a_longer_page_costs_no_more_queries(town: None, program: Program, path: str) -> None:
    client = program()
    client.get("/api/v1/me")  # notes the use of the token, once
    sizes, costs = [], []
    for limit in (1, 40):
        with CaptureQueriesContext(connection) as queries:
            sizes.append(len(client.get(f"/api/v1/{path}?limit={limit}").json()["items"]))
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 6
    assert sizes[0] == 1
    assert sizes[1] > 1 or path == "batches"
