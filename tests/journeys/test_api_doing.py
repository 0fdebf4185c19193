"""What the pages can do, a program can do: decide about what nobody holds, write organizations, people, figures, notices."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client

from tocsin.accounts import queries as accounts
from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import queries as constituents
from tocsin.findings import actions as finding_actions
from tocsin.intake import actions as intake
from tocsin.intake.models import Arrival
from tocsin.notices import actions as notices
from tocsin.notices import queries as noticed

pytestmark = pytest.mark.django_db(transaction=True)
Program = Callable[..., Client]


@pytest.fixture
def call(town: None, program: Program) -> Callable[..., Any]:
    """Return a caller with every scope: method, path below the API, body, the status that must come."""
    client = program()

    def ask(method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        given = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        response = getattr(client, method)(f"/api/v1/{path}", **given)
        assert response.status_code == status, response.content.decode()
        return response.json() if response.content else None

    return ask


def test_what_nobody_holds_is_assigned_ignored_and_dismissed_after_a_preview(call: Callable[..., Any]) -> None:
    now = datetime.now(UTC)
    row = {"time.source": now.isoformat(), "source.fqdn": "may.khong-ai.example", "classification.type": "infected-system",
           "classification.identifier": "bot", "feed.code": "x"}  # fmt: skip
    arrival = intake.take(content=json.dumps(row).encode(), name="x.json", now=now)
    intake.process(arrivals=[arrival], now=now, fold=finding_actions.fold)
    places = {p["value"]: p for p in call("get", "unattributed/places?limit=200")["items"]}
    value = "khong-ai.example"
    assert places[value]["n_events"] == 1
    body = {"value": value, "organization": "so-khoa-hoc"}
    covered = call("post", "unattributed/dismissals?dry_run=true", {"value": value, "reason": "x"})
    assert (covered["places"], covered["dry_run"]) == (1, True)
    foreseen = call("post", "unattributed/assignments?dry_run=true", body)
    assert foreseen["dry_run"]
    assert {(move["before"], move["after"]) for move in foreseen["outcome"]["moves"]} == {(None, "so-khoa-hoc")}
    assert foreseen["outcome"]["events"] == places[value]["n_events"]
    assert not constituents.domains(SYSTEM).filter(name=value).exists()
    assert call("post", "unattributed/assignments", body)["outcome"] is None
    call("post", "unattributed/assignments", body, status=409)
    done = call("post", "reattributions", {})
    assert (done["events"], done["moves"]) == (foreseen["outcome"]["events"], foreseen["outcome"]["moves"])
    assert value not in {p["value"] for p in call("get", "unattributed/places?limit=200")["items"]}
    call("post", "unattributed/assignments", {**body, "organization": "khong-co"}, status=422)
    call("post", "unattributed/assignments", {**body, "value": "khong phai"}, status=422)

    told = call("post", "unattributed/ignoring?dry_run=true", {"value": value, "reason": "ours"})
    assert told["outcome"]["moves"] == [{"before": "so-khoa-hoc", "after": None, "events": done["events"]}]
    call("post", "unattributed/dismissals", {"value": "kia.example", "reason": "a test"})
    call("post", "unattributed/dismissals", {"value": "kia.example", "reason": "a test"}, status=409)
    (made,) = call("get", "unattributed/dismissals")["items"]
    call("delete", f"unattributed/dismissals/{made['id']}", status=204)
    assert call("get", "unattributed/dismissals")["items"] == []


def test_rejects_are_replayed_and_what_was_set_aside_is_tried_again(call: Callable[..., Any]) -> None:
    before = call("get", "rejects/counts")["items"]
    done = call("post", "replays", {"reason": before[0]["reason"] if before else ""})
    assert (done["batches"], done["events"]) == ([], 0)  # the same parser finds the same: nothing changes
    assert call("get", "rejects/counts")["items"] == before
    call("post", "replays", {"format": "no-such"}, status=422)
    call("post", "replays", {"window": "99999999999999w"}, status=422)
    arrival = intake.take(content=b"x", name="half", now=datetime.now(UTC))
    call("post", f"reports/{arrival.pk}/retry", status=409)
    Arrival.objects.filter(pk=arrival.pk).update(set_aside="cannot-be-processed", detail="x")
    assert call("post", f"reports/{arrival.pk}/retry")["state"] == "waiting"


def test_an_organization_is_added_and_edited_whole(call: Callable[..., Any]) -> None:
    body: dict[str, Any] = {
        "name": {"vi": "Trường Mới", "en": "New School"}, "parent": "so-khoa-hoc", "sector": "education",
        "networks": ["198.18.7.0/24"], "domains": ["moi.example"],
        "contacts": [{"name": "Bàn trực", "email": "truc@moi.example", "roles": ["security"]}],
    }  # fmt: skip
    told = call("put", "organizations/truong-moi?dry_run=true", body)
    assert (told["change"]["what"], len(told["change"]["items"])) == ("new", 3)
    call("get", "organizations/truong-moi", status=404)
    call("put", "organizations/truong-moi", body, status=201)
    there = call("get", "organizations/truong-moi")
    assert (there["name"]["vi"], there["domains"][0]["value"]) == ("Trường Mới", "moi.example")
    assert call("put", "organizations/truong-moi", body)["change"] is None
    changed = call("put", "organizations/truong-moi", {**body, "domains": []})["change"]
    assert [(item["what"], item["value"]) for item in changed["items"]] == [("closed", "moi.example")]
    call("put", "organizations/truong-moi", {**body, "networks": ["khong"]}, status=422)
    call("put", "organizations/truong-moi", {**body, "parent": "truong-moi"}, status=422)

    made = call("post", "ignored", {"value": "198.18.9.0/24", "reason": "Own scanner"}, status=201)
    call("post", "ignored", {"value": "198.18.9.0/24", "reason": "again"}, status=409)
    ended = call(
        "put", f"ignored/{made['id']}", {"value": "198.18.9.0/24", "reason": "Own scanner", "valid_to": "2026-01-01"}
    )
    assert ended["valid_to"] == "2026-01-01"
    call("delete", f"ignored/{made['id']}", status=204)
    assert call("get", "ignored")["items"] == []


def test_people_are_added_and_disabled_and_a_token_names_an_organization_that_is_there(
    call: Callable[..., Any],
) -> None:
    contact = {"email": "Lien-He@so-khoa-hoc.example", "role": "contact", "organizations": ["so-khoa-hoc"]}
    made = call("post", "people", contact, status=201)
    assert (made["email"], made["organizations"]) == ("lien-he@so-khoa-hoc.example", ["so-khoa-hoc"])
    call("post", "people", contact, status=409)
    call("post", "people", {**contact, "email": "khac@x.example", "organizations": []}, status=422)
    call("post", "people", {**contact, "email": "khac@x.example", "organizations": ["khong-co"]}, status=422)
    call("post", "people", {"email": "khong", "role": "reader"}, status=422)
    assert call("patch", f"people/{made['id']}", {"is_active": False})["is_active"] is False
    only = call("post", "people", {"email": "mot@team.example", "role": "administrator"}, status=201)
    call("patch", f"people/{only['id']}", {"is_active": False}, status=409)
    assert accounts.people(SYSTEM).get(pk=only["id"]).is_active
    token = {"name": "x", "scopes": ["findings:read"], "organization": "khong-co"}
    call("post", "tokens", token, status=422)
    call("post", "tokens", {**token, "organization": "so-khoa-hoc"}, status=201)


def test_figures_are_frozen_once_and_corrected_with_a_reason(call: Callable[..., Any]) -> None:
    period = {"from": "2026-01-01", "to": "2026-01-31"}
    first = call("post", "snapshots", period, status=201)
    assert first["figures"]["begins_on"] == "2026-01-01"
    call("post", "snapshots", period, status=409)
    again = call("post", "snapshots", {**period, "corrects": first["id"], "reason": "late answers"}, status=201)
    assert again["corrects"] == first["id"]
    call("post", "snapshots", {"from": "2026-01-01", "to": "2999-01-01"}, status=422)
    call("post", "snapshots", {"from": "2026-02-01", "to": "2026-01-01"}, status=422)


def test_a_round_is_previewed_run_and_what_waits_is_let_go_together(call: Callable[..., Any]) -> None:
    now = datetime.now(UTC)
    notices.set_policy(organization_id="", kind="", wanted=notices.Wanted(needs_approval=True), actor=SYSTEM, now=now)
    held = constituents.networks(SYSTEM).filter(organization="so-khoa-hoc")[0].cidr
    address = str(ip_network(held)[3])
    row = {"time.source": now.isoformat(), "source.ip": address, "classification.type": "infected-system",
           "classification.identifier": "new-bot", "feed.code": "x"}  # fmt: skip
    arrival = intake.take(content=json.dumps(row).encode(), name="x.json", now=now)
    intake.process(arrivals=[arrival], now=now, fold=finding_actions.fold)
    (draft,) = call("get", "notices/preview/so-khoa-hoc")
    assert (draft["state"], draft["n_findings"]) == ("waiting", 1)
    assert address in draft["mails"][0]["text"]
    assert call("post", "notices/run?dry_run=true")["sent"] == 0
    n = noticed.notices(SYSTEM).count()
    assert call("post", "notices/run")["waiting"] == 1
    assert noticed.notices(SYSTEM).count() == n + 1
    waiting = call("get", "notices?state=waiting")["items"]
    told = call("post", "notices/approvals", {"notices": [notice["id"] for notice in waiting]})
    assert told["approved"] == [notice["reference"] for notice in waiting]
    assert call("post", "notices/approvals", {"notices": [waiting[0]["id"]]})["approved"] == []
    assert call("post", "notices/run")["sent"] == 1
    call("get", "notices/preview/khong-co", status=404)
