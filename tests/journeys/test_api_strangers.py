"""Over every route that the API's own document names: nobody gets in without a token, its scope, and its organization."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import get_resolver
from ninja import Schema

from tocsin.accounts import actions as accounts
from tocsin.accounts import queries as people
from tocsin.accounts.models import ApiToken
from tocsin.base.api.scopes import FOR_ORGANIZATIONS, Scope
from tocsin.base.tenancy import SYSTEM, Role
from tocsin.campaigns import actions as campaigns
from tocsin.campaigns import queries as followed
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.core.constituency import Ignored
from tocsin.findings import actions as finding_actions
from tocsin.findings import queries as findings
from tocsin.findings.models import Finding
from tocsin.intake import queries as arrived
from tocsin.intake.actions import assigning, feeds
from tocsin.intake.actions.feeds import FeedValues
from tocsin.notices import actions as notices
from tocsin.notices import queries as noticed
from tocsin.notices.actions import emergencies, following
from tocsin.project.api import api
from tocsin.reach import actions as reach
from tocsin.reach import queries as reached
from tocsin.reach.models import Registration
from tocsin.reports import actions as freezing
from tocsin.reports import queries as figures
from tocsin.surveys import actions as surveys
from tocsin.surveys import queries as surveyed
from tocsin.trials import actions as trials
from tocsin.trials import queries as tried

pytestmark = pytest.mark.django_db(transaction=True)
Program = Callable[..., Client]
OURS, OTHERS = "bv-da-khoa-tinh", "so-khoa-hoc"
NO_SCOPE = {"get_me"}
EMERGENCY = {
    "title_vi": "x", "title_en": "x", "text_vi": "x", "text_en": "x", "selection": {"organizations": [OTHERS]},
}  # fmt: skip
SURVEY = {
    "title_vi": "x", "title_en": "x", "due_on": "2099-01-01", "selection": {"organizations": [OTHERS]},
    "questions": [{"kind": "yes-no", "vi": "x", "en": "x"}],
}  # fmt: skip
TRIAL = {
    "name": "x", "question": "x", "compares": "later", "arms": [{"name": "a", "delay_days": 5}, {"name": "b"}], "within_days": 5, "horizon_days": 9,
    "planned_organizations": 9, "expected_share": 0.2, "smallest_difference": 0.2, "starts_on": "2026-01-01", "ends_on": "2026-02-01",
}  # fmt: skip
BODIES: dict[str, object] = {
    "draft_trial": TRIAL,
    "change_trial": TRIAL,
    "stop_trial": {"because": "x"},
    "draft_survey": SURVEY,
    "change_survey": SURVEY,
    "test_survey": {"to": ["x@team.example"]},
    "send_survey": {},
    "answer_survey": {"answer": {"1": "yes"}},
    "chase_survey": {"dry_run": True},
    "answer_notice": {"answer": "seen"},
    "take_known_exploited": {"vulnerabilities": []},
    "take_result": {"result": "clean"},
    "add_permission": {"organization": OTHERS, "given_by": "x", "given_on": "2026-01-01", "valid_until": "2099-01-01"},
    "answer_findings": {"findings": ["01a21068-2eaf-7fb1-bd14-5481e22960e1"], "answer": "seen"},
    "add_token": {"name": "x", "scopes": ["findings:read"]},
    "import_constituency": {"version": 1, "organizations": []},
    "bring_report": {"any": "bytes"},
    "add_feed": {"code": "x", "way": "push"},
    "change_feed": {"code": "x", "way": "push"},
    "switch_feed": {"enabled": False},
    "reject_notice": {"reason": "Sai"},
    "set_policy": {"organization": OTHERS},
    "add_silence": {"organization": OTHERS, "reason": "x", "until": "2099-01-01T00:00:00Z"},
    "rule_claim": {"accept": True},
    "assign_unattributed": {"value": "198.18.0.0/24", "organization": OTHERS},
    "ignore_unattributed": {"value": "198.18.0.0/24", "reason": "x"},
    "dismiss_unattributed": {"value": "198.18.0.0/24", "reason": "x"},
    "replay_rejects": {},
    "reattribute": {"dry_run": True},
    "freeze": {"from": "2020-01-01", "to": "2020-01-31"},
    "put_organization": {"name": "x"},
    "succeed": {"successions": [{"before": [OTHERS], "after": [OURS], "on": "2026-01-01", "reason": "x"}]},
    "add_ignored": {"value": "198.18.0.0/24", "reason": "x"},
    "change_ignored": {"value": "198.18.0.0/24", "reason": "y"},
    "add_person": {"email": "moi@team.example", "role": "reader"},
    "switch_person": {"is_active": False},
    "approve_notices": {"notices": ["01a21068-2eaf-7fb1-bd14-5481e22960e1"]},
    "add_endpoint": {"organization": OTHERS, "channel": "chat", "address": "zalo://x"},
    "renew_secret": {"keep_hours": 1},
    "set_own_rule": {"floor": "low"},
    "set_own_route": {"kind": "open-rdp", "roles": ["technical"]},
    "begin_drill": {"title": "x", "ends_at": "2099-01-01T00:00:00Z"},
    "propose": {"organization": OTHERS, "what": "add", "email": "x@y.example"},
    "decide_proposal": {"approve": True},
    "claim_holding": {"organization": OTHERS, "kind": "domain", "value": "x.example"},
    "prove_claim": {"host": "x"},
    "settle_claim": {"approve": False},
    "decide_registration": {"approve": False, "because": "x"},
    "note_carried": {"on": "2026-01-01"},
    "note_steps": {"steps": ["01a21068-2eaf-7fb1-bd14-5481e22960e1"]},
    "set_plan": {"organization": OTHERS, "severity": "low", "steps": []},
    "set_calendar": {"organization": OTHERS},
    "add_days": {"organization": OTHERS, "first_on": "2026-01-01", "last_on": "2026-01-01", "name": "x"},
    "add_officer": {"name": "x", "email": "x@team.example"},
    "draft_emergency": EMERGENCY,
    "change_emergency": EMERGENCY,
    "test_emergency": {"to": ["x@team.example"]},
    "send_emergency": {},
    "open_campaign": {"title_vi": "x", "title_en": "x", "weaknesses": ["open-rdp"]},
    "press_on_campaign": {"organizations": [OTHERS], "way": "head"},
    "note_call": {"organization": OTHERS, "to": "x", "result": "reached"},
    "choose_for_campaign": {"choice": "in", "organizations": [OTHERS], "because": "x"},
    "close_campaign": {},
    "record_word": {"findings": ["01a21068-2eaf-7fb1-bd14-5481e22960e1"], "word": "seen"},
}
"""A right body of each operation that takes one: what is refused must be refused for who asks, not for what."""


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and document of every operation."""
    for path, methods in api.document()["paths"].items():
        for method, told in methods.items():
            yield method, path, told


def filled(path: str, organization: str) -> str:
    """Return the path with an object of this organization, or one of the team where there is no other."""
    notice = noticed.notices(SYSTEM, organization=organization)[0]
    claim = noticed.claims(SYSTEM).filter(finding__organization=organization).first()
    silence = noticed.silences(SYSTEM).filter(organization=organization).first()
    policy = noticed.policy_rows(SYSTEM).filter(organization=organization).first()
    feed = arrived.feeds(SYSTEM).first()
    objects = {
        "/findings/": findings.findings(SYSTEM, organization=organization)[0].pk,
        "/notices/": notice.pk,
        "/deliveries/": notice.deliveries.all()[0].pk,
        "/organizations/": organization,
        "/reports/": arrived.arrivals(SYSTEM)[0].pk,
        "/batches/": arrived.batches(SYSTEM)[0].pk,
        "/tokens/": people.tokens(SYSTEM)[0].pk,
        "/claims/": claim and claim.pk,
        "/silences/": silence and silence.pk,
        "/policies/": policy and policy.pk,
        "/feeds/": feed and feed.code,
        "/disowned/": getattr(findings.disowned(SYSTEM).first(), "pk", None),
        "/permissions/": getattr(findings.permissions(SYSTEM).filter(organization=organization).first(), "pk", None),
        "/reachability/": organization,
        "/endpoints/": reached.endpoints(SYSTEM).filter(organization=organization).values_list("pk", flat=True).first(),
        "/drills/": reached.drills(SYSTEM).values_list("pk", flat=True).first(),
        "/proposals/": reached.proposals(SYSTEM).filter(organization=organization).values_list("pk", flat=True).first(),
        "/holding-claims/": reached.holding_claims(SYSTEM)
        .filter(organization=organization)
        .values_list("pk", flat=True)
        .first(),
        "/own-rules/": organization,
        "/own-routes/": organization,
        "/registrations/": reached.registrations(SYSTEM).values_list("pk", flat=True).first(),
        "/escalations/plans/": noticed.plan_rows(SYSTEM).values_list("pk", flat=True).first(),
        "/calendars/": noticed.calendar_rows(SYSTEM).values_list("pk", flat=True).first(),
        "/calendars/days/": noticed.calendar_days(SYSTEM).values_list("pk", flat=True).first(),
        "/duty/": noticed.duty_officers(SYSTEM).values_list("pk", flat=True).first(),
        "/campaigns/": followed.campaigns(SYSTEM).values_list("pk", flat=True).first(),
        "/emergencies/": noticed.emergencies(SYSTEM).values_list("pk", flat=True).first(),
        "/surveys/": surveyed.surveys(SYSTEM).values_list("pk", flat=True).first(),
        "/surveys/asked/": surveyed.asked(SYSTEM)
        .filter(organization=organization)
        .values_list("pk", flat=True)
        .first(),
        "/trials/": tried.trials(SYSTEM).values_list("pk", flat=True).first(),
        "/snapshots/": figures.snapshots(SYSTEM)[0].pk,
        "/notices/preview/": organization,
        "/people/": people.people(SYSTEM)[0].pk,
        "/constituency/facts/": constituents.facts(SYSTEM)[0].pk,
        "/ignored/": constituents.ignored(SYSTEM)[0].pk,
        "/unattributed/dismissals/": arrived.dismissals(SYSTEM)[0].pk,
    }
    start, brace, rest = path.partition("{")
    if not brace:
        return path
    object_ = next((id_ for place, id_ in objects.items() if start.endswith(place)), None)
    assert object_ is not None, f"say in this test what {path} shows"
    return f"{start}{object_}{rest.partition('}')[2]}"


def ask(client: Client, method: str, path: str, told: dict[str, Any]) -> Any:
    """Call an operation with a body that is right."""
    body = BODIES.get(told["operationId"])
    assert ("requestBody" in told) == (body is not None), f"give {told['operationId']} a body in this test"
    given = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
    return getattr(client, method)(path, **given)


@pytest.fixture
def peopled(town: None) -> None:
    """The town with something of each noun, of the other organization where it belongs to one."""
    now = datetime.now(UTC)
    feed = FeedValues(code="day-vao", way="push")
    feeds.add(values=feed, actor=SYSTEM, now=now)
    notices.set_policy(organization_id=OTHERS, kind="", wanted=notices.Wanted(), actor=SYSTEM, now=now)
    owner, day = constituents.organizations(SYSTEM).get(pk=OTHERS), now.date()
    finding_actions.permit(
        organization=owner,
        value="",
        given_by="x",
        given_on=day,
        valid_until=day + timedelta(days=2),
        actor=SYSTEM,
        now=now,
    )
    nothing = Finding(organization_id=OTHERS, asset="khong-co.example")
    finding_actions.disown(findings=[nothing], reason="x", by="x", now=now)
    _followed(day, now)
    until = now + timedelta(days=1)
    notices.silence(organization_id=OTHERS, kind="", reason="x", until=until, actor=SYSTEM, now=now)
    told = noticed.notices(SYSTEM, organization=OTHERS)[0]
    notices.answer(notice=told, word="not-ours", by="x", means="link", now=now)
    accounts.add_user(email="ai-do@team.example", role=Role.READER, actor=SYSTEM, now=now)
    constituency.ignore(rule=Ignored("198.18.5.0/24", "x"), actor=SYSTEM, now=now)
    assigning.dismiss(value="198.18.6.0/24", reason="x", actor=SYSTEM, now=now)
    owner = constituents.organizations(SYSTEM).get(pk=OTHERS)
    reach.add_endpoint(
        organization=owner, channel="chat", address="tgram://123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghi/12345", actor=SYSTEM, now=now
    )  # fmt: skip
    reach.begin_drill(title="x", organizations=[], roles=[], ends_at=until, actor=SYSTEM, now=now)
    reach.propose(
        organization=owner, what="add", contact=None, after={"email": "x@y.example"}, by="x", means="api", now=now
    )
    reach.claim_holding(organization=owner, kind="network", value="198.51.100.0/30", actor=SYSTEM, now=now)
    asked = {"name_vi": "Xã mới", "person": "Chi", "email": "chi@xa-moi.example", "phone": "1", "state": "asked"}
    Registration.objects.create(at=now, language="vi", **asked)
    constituency.note_fact(organizations=[owner], label="runs ExampleMail", survey=UUID(int=1), actor=SYSTEM, now=now)
    freezing.freeze(begins_on=date(now.year - 1, 1, 1), ends_on=date(now.year - 1, 1, 31), actor=SYSTEM, now=now)


def _followed(day: date, now: datetime) -> None:
    """Make what follows a warning that nobody answers, and an emergency."""
    plan: dict[str, Any] = {"steps": [], "in_working_time": True, "grace_minutes": 60}
    following.set_plan(organization_id=OTHERS, severity="low", actor=SYSTEM, now=now, **plan)
    following.set_calendar(organization_id=OTHERS, week=following.Week(), actor=SYSTEM, now=now)
    following.add_days(
        organization_id=OTHERS, first_on=day, last_on=day, works=True, name="x", actor=SYSTEM, now=now
    )  # fmt: skip
    officer: dict[str, Any] = {"name": "x", "email": "x@team.example", "language": "vi"}
    following.put_on_duty(begins_at=None, ends_at=None, actor=SYSTEM, now=now, **officer)
    wanted = emergencies.Wanted("x", "x", "x", "x", constituents.Selection(organizations=(OTHERS,)))
    emergencies.draft(wanted=wanted, actor=SYSTEM, now=now)
    trials.create(design=TRIAL, actor=SYSTEM, now=now)
    survey = surveys.Wanted("x", "x", SURVEY["questions"], wanted.selection, date(2099, 1, 1))  # type: ignore[arg-type]
    surveys.send(survey=surveys.draft(wanted=survey, actor=SYSTEM, now=now), actor=SYSTEM, now=now, untested=True)
    campaigns.open_campaign(wanted=campaigns.Wanted("x", "x", ["open-rdp"]), actor=SYSTEM, now=now)


@pytest.fixture
def intruder(peopled: None) -> Client:
    """A token of one organization that somehow holds every scope there is."""
    token, secret = accounts.add_token(
        name="intruder", scopes=FOR_ORGANIZATIONS, organization=OURS, actor=SYSTEM, now=datetime.now(UTC)
    )
    ApiToken.objects.filter(pk=token.pk).update(scopes=[scope.value for scope in Scope])
    return Client(headers={"authorization": f"Bearer {secret}"})


def test_the_document_holds_every_route_there_is() -> None:
    routes = {str(pattern.pattern) for pattern in get_resolver().url_patterns if str(pattern.pattern) == "api/v1/"}
    assert routes == {"api/v1/"}
    ids = [told["operationId"] for _method, _path, told in operations()]
    assert len(ids) == len(set(ids)) > 20


def test_no_two_schemas_share_a_name() -> None:
    """The document names them by their class: of two with one name it would describe one."""
    todo, names = list(Schema.__subclasses__()), []
    while todo:
        one = todo.pop()
        todo += one.__subclasses__()
        if one.__module__.startswith("tocsin.") and one.__name__ in api.document()["components"]["schemas"]:
            names.append(one.__name__)
    assert sorted(set(names)) == sorted(names)


def test_every_route_names_its_scope_and_documents_its_problems() -> None:
    for _method, _path, told in operations():
        scopes = told["security"][0]["token"]
        assert bool(scopes) != (told["operationId"] in NO_SCOPE)
        assert set(scopes) <= set(Scope)
        with_body = {"413", "415"} if "requestBody" in told else set()
        assert {"400", "401", "403", "404", "422", "429", "503"} | with_body <= set(told["responses"])
        assert told["summary"]


def test_nobody_gets_in_without_a_token(peopled: None, program: Program) -> None:
    program()  # so that there is a token to name
    for method, path, told in operations():
        response = ask(Client(), method, filled(path, OTHERS), told)
        assert (response.status_code, response["Content-Type"]) == (401, "application/problem+json"), told[
            "operationId"
        ]


def test_nobody_gets_in_without_the_scope(peopled: None, program: Program) -> None:
    but_for = {wanted: program(*(scope for scope in Scope if scope is not wanted)) for wanted in Scope}
    for method, path, told in operations():
        if told["operationId"] in NO_SCOPE:
            continue
        (wanted,) = told["security"][0]["token"]
        response = ask(but_for[wanted], method, filled(path, OTHERS), told)
        assert (response.status_code, response["Content-Type"]) == (403, "application/problem+json"), told[
            "operationId"
        ]
        assert f'scope="{wanted}"' in response["WWW-Authenticate"]


def test_an_organization_sees_nothing_of_another(intruder: Client) -> None:
    for method, path, told in operations():
        response = ask(intruder, method, filled(path, OTHERS), told)
        text = (b"".join(response) if response.streaming else response.content).decode()
        if "{" in path or method != "get":
            assert response.status_code == 404, f"{told['operationId']}: {text}"
        assert response.status_code in {200, 404}
        assert OTHERS not in text, told["operationId"]
        assert "203.0.113." not in text, told["operationId"]


def test_a_filter_opens_nothing_of_another(intruder: Client) -> None:
    for path in ("findings", "notices", "organizations"):
        for query in (f"organization={OTHERS}", f"name={OTHERS}"):
            items = intruder.get(f"/api/v1/{path}?{query}").json()["items"]
            assert {item.get("organization", item["id"]) for item in items} <= {OURS}
    notice = noticed.notices(SYSTEM, organization=OTHERS)[0]
    assert intruder.get(f"/api/v1/findings?notice={notice.pk}").json()["items"] == []


def test_ones_own_is_there(program: Program, peopled: None) -> None:
    client = program(organization=OURS)
    for path in (
        "/api/v1/findings/{id_}",
        "/api/v1/notices/{id_}",
        "/api/v1/notices/{id_}/explanation",
        "/api/v1/organizations/{id_}",
    ):
        assert client.get(filled(path, OURS)).status_code == 200
    assert client.get("/api/v1/organizations").json()["items"][0]["parent"] is None
    # Whom else the team tells of it is the team's alone.
    timeline = filled("/api/v1/notices/{id_}/timeline", OURS)
    assert client.get(timeline).status_code == 404
    assert program(Scope.NOTICES_READ).get(timeline).status_code == 200
