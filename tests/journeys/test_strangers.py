"""Charlie, a contact of one organization, sees nothing of another: over every address there is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tocsin.accounts import actions as accounts
from tocsin.accounts import queries as people
from tocsin.accounts.models import User
from tocsin.accounts.urls import urlpatterns as account_pages
from tocsin.base.api.scopes import Scope
from tocsin.base.tenancy import SYSTEM, Role, Viewer
from tocsin.campaigns import actions as campaigns
from tocsin.campaigns import queries as followed
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.constituency.queries import Selection
from tocsin.core import constituency as plain
from tocsin.findings import actions as finding_actions
from tocsin.findings import queries as findings
from tocsin.findings.models import Finding
from tocsin.intake import queries as arrived
from tocsin.intake.actions import feeds
from tocsin.notices import actions as notices
from tocsin.notices import queries as noticed
from tocsin.notices.actions import emergencies, following
from tocsin.people.urls import urlpatterns as people_pages
from tocsin.portal import actions as answering
from tocsin.portal import queries as portal
from tocsin.reach import actions as reach
from tocsin.reach import queries as reached
from tocsin.reach.models import Registration
from tocsin.reports import actions as freezing
from tocsin.reports import queries as figures
from tocsin.surveys import actions as surveys
from tocsin.trials import actions as trials
from tocsin.trials.models import Assignment, Enrolled

pytestmark = pytest.mark.django_db(transaction=True)
SignedIn = Callable[..., Client]
KEPT_VIEWS = {"keep-view", "drop-view"}
# Pages of signing in and of one's own account show nobody else: tests/journeys/test_signing_in.py.
OPEN = {pattern.name for pattern in account_pages} - KEPT_VIEWS - {"sign-out"} | {
    "kinds", "kind", "answer", "contact-answer", "register", "registered", "register-confirm", "question-answer", "theme", "livez", "readyz", "metrics", "openapi", "api-reference", "api-nothing", None,
}  # fmt: skip
POSTED = {
    "freeze",
    "approval",
    "rejection",
    "retry",
    "approvals",
    "rulings",
    "policy-removal",
    "silence-end",
    "findings-word",
    "portal-answers",
    "portal-rules",
    "portal-routes",
    "portal-recheck",
    "own-again",
    "permission-end",
    "keep-view",
    "drop-view",
    "sign-out",
    "arrival-retry",
    "feed-act",
    "factor-roles",
    "person-link",
    "person-reset",
    "person-close",
    "person-reopen",
    "revoke-token",
    "reach-act",
    "proposal-decision",
    "registration-decision",
    "notice-letter",
    "letter-carried",
    "campaign-press",
    "campaign-choose",
    "campaign-close",
    "survey-act",
    "emergency-act",
    "plan-removal",
    "week-removal",
    "days-removal",
    "duty-removal",
    "trial-act",
}
"""Routes that only take a form."""
FOR_APPROVERS = {"policy", "policy-new", "trial-new", "trial-change"}
FOR_ADMINISTRATORS = {
    "audit",
    "audit-verification",
    "tokens",
    "add-feed",
    "change-feed",
    "plan",
    "plan-new",
    "week",
    "week-of",
} | {str(pattern.name) for pattern in people_pages}
OWN_LISTS = {
    "loop", "search", "standing", "findings", "findings-file", "notices", "notices-file", "organizations", "keep-view", "figures",
    "portal", "portal-answers", "portal-file", "portal-history", "portal-organization", "questions",
}  # fmt: skip


def _addresses(organization: str) -> dict[str, str]:
    """Return an address of every route, filled with objects of this organization."""
    notice = noticed.notices(SYSTEM, organization=organization)[0]
    objects = {
        "finding": findings.findings(SYSTEM, organization=organization)[0].pk,
        "portal-finding": findings.findings(SYSTEM, organization=organization)[0].pk,
        "portal-recheck": findings.findings(SYSTEM, organization=organization)[0].pk,
        "permission-end": _permission(organization),
        "own-again": _disowned(organization),
        "portal-file": "csv",
        "portal-proof-file": _proof(organization),
        "evidence": findings.findings(SYSTEM, organization=organization)[0].pk,
        "notice": notice.pk,
        "approval": notice.pk,
        "rejection": notice.pk,
        "notices-file": "csv",
        "message-html": notice.deliveries.all()[0].pk,
        "retry": notice.pk,
        "draft": organization,
        **_rules_of(organization),
        "organization": organization,
        "message": notice.deliveries.all()[0].pk,
        "findings-file": "csv",
        "sent-file": "csv",
        "snapshot": _frozen(),
        "revoke-token": _token(),
        "drop-view": _view_of_somebody_else(),
        **_constituency_of(organization),
        **_reach_of(organization),
        **dict.fromkeys(
            (
                "campaign",
                "campaign-press",
                "campaign-calls",
                "campaign-call",
                "campaign-choose",
                "campaign-close",
                "campaign-file",
            ),
            _campaign(),
        ),
        **_surveys_of(organization),
        **_emergencies_of(organization),
        **_times_of(organization),
        **_trials_of(organization),
        **dict.fromkeys(("notice-letter",), notice.pk),
        **dict.fromkeys(("letter-file", "letter-carried"), notice.deliveries.all()[0].pk),
        "batch": arrived.batches(SYSTEM)[0].pk,
        "unattributed-place": "203.0.113.0/24",
        "arrival-retry": arrived.arrivals(SYSTEM)[0].pk,
        **dict.fromkeys(("feed", "change-feed", "feed-act"), _feed()),
        **dict.fromkeys(
            ("person", "person-link", "person-reset", "person-close", "person-reopen"), _somebody_else().pk
        ),
    }
    found = {}
    for pattern in get_resolver().url_patterns:
        if isinstance(pattern, URLResolver) and str(pattern.pattern) == "api/v1/":
            continue  # tests/journeys/test_api_strangers.py walks these
        assert isinstance(pattern, URLPattern)
        name = pattern.name
        if name in OPEN:
            continue
        route = str(pattern.pattern)
        assert ("<" in route) == (name in objects), f"say in this test what {name} shows"
        start, _, rest = route.partition("<")
        address = f"{start}{objects[str(name)]}{rest.partition('>')[2]}" if rest else route
        found[str(name)] = "/" + address.replace("<str:organization>", organization)
    return found


def _proof(organization: str) -> object:
    own = Viewer(None, "x@x.example", Role.CONTACT, frozenset({organization}))
    if found := portal.proofs(own).first():
        return found.pk
    file = answering.File("anh.txt", b"da tat")
    chosen = list(findings.findings(own)[:1])
    answering.answer(findings=chosen, word="seen", actor=own, now=datetime.now(UTC), proof=file)
    return portal.proofs(own)[0].pk


def _permission(organization: str) -> object:
    now = datetime.now(UTC)
    owner, today = constituents.organizations(SYSTEM).get(pk=organization), now.date()
    given = {
        "value": "",
        "given_by": "Trưởng phòng",
        "given_on": today - timedelta(days=1),
        "valid_until": today + timedelta(days=9),
    }
    return finding_actions.permit(organization=owner, actor=SYSTEM, now=now, **given).pk


def _disowned(organization: str) -> object:
    """Agree that something is not theirs: nothing that a report of theirs told."""
    if not findings.disowned(SYSTEM).exists():
        nothing = Finding(organization_id=organization, asset="khong-co.example")
        finding_actions.disown(findings=[nothing], reason="x", by="x", now=datetime.now(UTC))
    return findings.disowned(SYSTEM)[0].pk


def _campaign() -> object:
    kinds = findings.kinds(SYSTEM)
    found = followed.campaigns(SYSTEM).first()
    wanted = campaigns.Wanted("Mọi thứ", "Everything", kinds)
    return (found or campaigns.open_campaign(wanted=wanted, actor=SYSTEM, now=datetime.now(UTC))).pk


def _frozen() -> object:
    now = datetime.now(UTC)
    year = now.year - 1
    found = figures.snapshots(SYSTEM).first()
    return (found or freezing.freeze(begins_on=date(year, 1, 1), ends_on=date(year, 1, 31), actor=SYSTEM, now=now)).pk


def _rules_of(organization: str) -> dict[str, object]:
    now = datetime.now(UTC)
    policy = notices.set_policy(organization_id=organization, kind="", wanted=notices.Wanted(), actor=SYSTEM, now=now)
    until = now + timedelta(hours=1)
    made = notices.silence(organization_id="", kind="none", reason="test", until=until, actor=SYSTEM, now=now)
    return {"policy": policy.pk, "policy-removal": policy.pk, "silence-end": made.pk}


def _token() -> object:
    now = datetime.now(UTC)
    return accounts.add_token(name="x", scopes=[Scope.FINDINGS_READ], actor=SYSTEM, now=now)[0].pk


def _constituency_of(organization: str) -> dict[str, object]:
    now = datetime.now(UTC)
    owner = constituents.organizations(SYSTEM).get(pk=organization)
    if not owner.autonomoussystems.exists():
        constituency.hold(organization=owner, item=plain.AutonomousSystem(64999), actor=SYSTEM, now=now)
    if not constituents.ignored(SYSTEM).exists():
        constituency.ignore(rule=plain.Ignored("AS64998", "sinkhole"), actor=SYSTEM, now=now)
    content = b"version: 1\norganizations: [{id: xa-moi}]"
    return {
        "organization-change": organization,
        "organization-hold": organization,
        "network": owner.networks.all()[0].pk,
        "domain": owner.domains.all()[0].pk,
        "asn": owner.autonomoussystems.all()[0].pk,
        "contact": owner.contacts.all()[0].pk,
        "ignored-rule": constituents.ignored(SYSTEM)[0].pk,
        "constituency-preview": constituency.keep_upload(content=content, name="c.yaml", actor=SYSTEM, now=now).sha256,
        "succession-preview": _succession(organization),
        "constituency-file": "yaml",
    }


def _succession(organization: str) -> str:
    """Keep a merge aside that could be done: this organization into one that is there for it."""
    now = datetime.now(UTC)
    if not constituents.organizations(SYSTEM).filter(pk="hop-nhat").exists():
        constituency.add_organization(value=plain.Organization("hop-nhat", "Hợp nhất", "Merged"), actor=SYSTEM, now=now)
    content = f"from,to,on,reason\n{organization},hop-nhat,{now.date()},NQ 1\n".encode()
    return constituency.keep_upload(content=content, name="s.csv", actor=SYSTEM, now=now).sha256


def _reach_of(organization: str) -> dict[str, object]:
    now = datetime.now(UTC)
    owner = constituents.organizations(SYSTEM).get(pk=organization)
    drill = reached.drills(SYSTEM).first() or reach.begin_drill(
        title="Diễn tập", organizations=[], roles=[], ends_at=now + timedelta(hours=1), actor=SYSTEM, now=now
    )
    proposal = reach.propose(
        organization=owner, what="add", contact=None, after={"email": f"{uuid4().hex}@{organization}.example"}, by="x", means="portal", now=now
    )  # fmt: skip
    return {
        **dict.fromkeys(("reach", "reach-act", "propose"), organization),
        "drill": drill.pk,
        "proposal-decision": proposal.pk,
        "registration-decision": _registration().pk,
    }


def _times_of(organization: str) -> dict[str, object]:
    now = datetime.now(UTC)
    given = {"organization_id": organization, "actor": _administrator(), "now": now}
    plan = following.set_plan(severity="high", steps=[], in_working_time=True, grace_minutes=60, **given)
    week = following.set_calendar(week=following.Week(), **given)
    days = following.add_days(first_on=now.date(), last_on=now.date(), works=False, name="Bão", **given)
    officer = following.put_on_duty(
        name="An", email="an@team.example", language="vi", begins_at=None, ends_at=None, actor=_administrator(), now=now
    )
    return {
        **dict.fromkeys(("plan", "plan-removal"), plan.pk),
        **dict.fromkeys(("week-of", "week-removal"), week.pk),
        "days-removal": days.pk,
        "duty-removal": officer.pk,
    }


def _administrator() -> Viewer:
    return Viewer(None, "quan-tri@team.example", Role.ADMINISTRATOR, frozenset())


def _emergencies_of(organization: str) -> dict[str, object]:
    now = datetime.now(UTC)
    wanted = emergencies.Wanted("Ngắt ngay", "Disconnect", "Ngắt máy chủ.", "Disconnect the server.", Selection(organizations=(organization,)))  # fmt: skip
    draft, sent = (emergencies.draft(wanted=wanted, actor=SYSTEM, now=now) for _ in range(2))
    emergencies.send(emergency=sent, actor=SYSTEM, now=now, untested=True)
    return {**dict.fromkeys(("emergency", "emergency-act"), sent.pk), "emergency-change": draft.pk}


def _surveys_of(organization: str) -> dict[str, object]:
    now = datetime.now(UTC)
    wanted = surveys.Wanted(
        title_vi="Có dùng ExampleMail không?", title_en="Do you run ExampleMail?", due_on=now.date() + timedelta(days=9),
        selection=constituents.Selection(organizations=(organization,)),
        questions=[{"kind": kind, "vi": f"Hỏi {kind}", "en": f"Asked {kind}", "options": ["A", "B"]} for kind in ("yes-no", "choice", "number", "text", "date")],
    )  # fmt: skip
    draft, sent = (surveys.draft(wanted=wanted, actor=SYSTEM, now=now) for _ in range(2))
    (asked,) = surveys.send(survey=sent, actor=SYSTEM, now=now, untested=True)
    surveys.send_mails(now=now)
    given = {"1": "yes", "2": "2", "3": "12", "4": "Bản 3.1", "5": "2026-01-31"}
    surveys.answer(asked=asked, given=given, actor=SYSTEM, means="team", now=now, note="Qua điện thoại")
    return {
        **dict.fromkeys(("survey", "survey-act", "survey-file", "survey-calls"), sent.pk),
        **dict.fromkeys(("question", "survey-asked"), asked.pk),
        "survey-change": draft.pk,
    }


def _registration() -> Registration:
    """Let somebody ask, and confirm it as the link does."""
    asked = {"name_vi": "Xã mới", "person": "Chi", "email": "chi@xa-moi.example", "phone": "1", "state": "asked"}
    return Registration.objects.create(at=datetime.now(UTC), language="vi", **asked)


def _trials_of(organization: str) -> dict[str, object]:
    """Make a draft, and a trial that was reported, in which findings of this organization and of others took part."""
    now = datetime.now(UTC)
    then, today = now - timedelta(days=80), now.date()
    design = {
        "name": "Câu mở đầu ngắn", "question": "Câu mở đầu ngắn có giúp khắc phục nhanh hơn không?", "compares": "text",
        "arms": [{"name": "như thường lệ"}, {"name": "câu ngắn", "text_vi": "Xin làm ngay hôm nay.", "text_en": "Please do it today."}],
        "within_days": 14, "horizon_days": 30, "planned_organizations": 60, "expected_share": 0.2, "smallest_difference": 0.2,
        "starts_on": (today - timedelta(days=90)).isoformat(), "ends_on": (today - timedelta(days=40)).isoformat(),
        "agreed_by": "Trưởng nhóm", "agreed_on": (today - timedelta(days=91)).isoformat(),
    }  # fmt: skip
    draft, held = (trials.create(design=design, actor=SYSTEM, now=then) for _ in range(2))
    for do in (trials.register, trials.start, trials.report):
        held = do(id_=held.pk, actor=SYSTEM, now=then)
    units: dict[tuple[str, str], Assignment] = {}
    for finding in Finding.objects.filter(trial=None).exclude(severity="critical")[:30]:
        unit = (finding.organization_id, finding.kind)
        if unit not in units:
            units[unit] = Assignment.objects.create(
                trial=held, organization_id=unit[0], kind=unit[1], arm=len(units) % 2, lowest_rank=1, at=then
            )
        Enrolled.objects.create(assignment=units[unit], finding=finding, severity_rank=finding.severity_rank)
    trials.close(now=now)
    trials.report(id_=held.pk, actor=SYSTEM, now=now)
    return {**dict.fromkeys(("trial", "trial-act"), held.pk), "trial-change": draft.pk}


def _feed() -> str:
    if not arrived.feeds(SYSTEM).exists():
        values = feeds.FeedValues(code="partner", way="push", name="A partner")
        feeds.add(values=values, actor=SYSTEM, now=datetime.now(UTC))
    return "partner"


def _somebody_else() -> User:
    return people.by_email(SYSTEM, "kept@team.example") or accounts.add_user(
        email="kept@team.example", role=Role.ANALYST, actor=SYSTEM, now=datetime.now(UTC)
    )


def _view_of_somebody_else() -> int:
    user = _somebody_else()
    actor = Viewer(user.pk, user.email, Role.ANALYST)
    return accounts.keep_view(page="findings", name="mine", query="severity=high", actor=actor).pk


def test_everything_of_another_organization_is_404(town: None, signed_in: SignedIn) -> None:
    client = signed_in(Role.CONTACT, "bv-da-khoa-tinh")
    for name, url in _addresses("so-khoa-hoc").items():
        if name in OWN_LISTS or name == "sign-out":
            continue
        status = (client.post if name in POSTED else client.get)(url).status_code
        assert status == 404, f"{url} answered {status}"


def test_lists_hold_only_what_is_ones_own(town: None, signed_in: SignedIn) -> None:
    client = signed_in(Role.CONTACT, "bv-da-khoa-tinh")
    for url in (
        "/",
        "/findings/",
        "/notices/",
        "/organizations/",
        "/findings/?organization=so-khoa-hoc",
        "/findings/file/csv/",
        "/portal/",
        "/portal/?show=said",
        "/portal/?organization=so-khoa-hoc",
        "/portal/history/",
        "/portal/organization/",
        "/portal/questions/",
        "/portal/file/csv/?organization=so-khoa-hoc",
    ):
        response = client.get(url)
        text = (b"".join(response) if response.streaming else response.content).decode()
        assert "203.0.113." not in text
        assert "so-khoa-hoc" not in text.replace("organization=so-khoa-hoc", "").replace('value="so-khoa-hoc"', "")
    assert "198.51.100." in client.get("/findings/").content.decode()


def test_ones_own_is_there(town: None, signed_in: SignedIn) -> None:
    client = signed_in(Role.CONTACT, "bv-da-khoa-tinh")
    own = _addresses("bv-da-khoa-tinh")
    assert {
        client.get(own[name]).status_code
        for name in ("finding", "notice", "organization", "portal-finding", "question")
    } == {200}


def test_nobody_sees_anything_without_signing_in(town: None) -> None:
    for name, url in _addresses("so-khoa-hoc").items():
        response = Client().post(url) if name in POSTED else Client().get(url)
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in/")


def test_an_analyst_sees_every_page_in_both_languages(
    town: None, signed_in: SignedIn, django_assert_max_num_queries: object
) -> None:
    client = signed_in(Role.ANALYST)
    for name, url in _addresses("so-khoa-hoc").items():
        if name in POSTED | FOR_ADMINISTRATORS | FOR_APPROVERS | {"message-html"} or name.endswith(("-file", "-rows")):
            continue
        for language, mark in (("vi", 'lang="vi"'), ("en", 'lang="en"')):
            with django_assert_max_num_queries(60):  # type: ignore[operator]
                response = client.get(url, headers={"Accept-Language": language})
            assert response.status_code == 200, url
            assert mark in response.content.decode()
            assert "script-src 'self'" in response["Content-Security-Policy"]


def test_a_reader_may_not_approve(town: None, signed_in: SignedIn) -> None:
    client = signed_in(Role.READER)
    notice = noticed.notices(SYSTEM)[0]
    client.post(f"/notices/{notice.pk}/approval/")
    assert noticed.notices(SYSTEM).get(pk=notice.pk).approved_by == ""
