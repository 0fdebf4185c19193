"""An organization says from which severity on it wants mail; the gravest cannot be silenced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.constituency.models import Contact
from tocsin.notices import actions
from tocsin.notices.models import DecisionLog, Notice
from tocsin.notices.tests import cast
from tocsin.notices.tests.cast import NOW

pytestmark = pytest.mark.django_db
AN = Viewer(9, "an@bv-a.example", Role.CONTACT, frozenset({"bv-a"}))


def test_what_is_milder_than_an_organization_wants_stays_in_the_portal_and_says_why() -> None:
    cast.organizations("bv-a", "so-b")
    with pytest.raises(NotAllowed):
        actions.set_own_rule(organization_id="so-b", floor="high", actor=AN, now=NOW)
    with pytest.raises(actions.BadPolicy):
        actions.set_own_rule(organization_id="bv-a", floor="critical", actor=AN, now=NOW)
    actions.set_own_rule(organization_id="bv-a", floor="high", actor=AN, now=NOW)
    for organization in ("bv-a", "so-b"):
        cast.found((organization, "open-rdp", f"{organization}.example", "medium"))
    actions.run(now=NOW)
    assert [notice.organization_id for notice in Notice.objects.all()] == ["so-b"]
    assert DecisionLog.objects.get(organization="bv-a").reason == "quiet-by-owner"
    cast.found(("bv-a", "open-smb", "x.example", "high"))
    actions.run(now=NOW)
    assert Notice.objects.filter(organization="bv-a").count() == 1
    # What it takes back is told at once.
    actions.set_own_rule(organization_id="bv-a", floor="low", actor=AN, now=NOW)
    actions.run(now=NOW)
    assert Notice.objects.filter(organization="bv-a").count() == 2
    assert AuditEntry.objects.filter(action="own-rule-set", object_id="bv-a").count() == 2


def _notices() -> list[tuple[str, int]]:
    return [
        (f"{row.created_at:%a %H}", row.n_findings) for row in Notice.objects.filter(organization="bv-a").order_by("id")
    ]


def test_mail_is_gathered_to_the_hour_an_organization_wants_and_the_gravest_is_not() -> None:
    cast.organizations("bv-a", "so-b")
    monday = datetime(2026, 11, 23, 4, tzinfo=UTC)  # 11:00 there
    with pytest.raises(actions.BadPolicy):
        actions.set_own_rule(organization_id="bv-a", floor="low", rhythm="daily", hour=24, actor=AN, now=monday)
    actions.set_own_rule(organization_id="bv-a", floor="low", rhythm="daily", hour=9, actor=AN, now=monday)
    # By the team's policy each kind would have a mail of its own; what is gathered comes as one.
    actions.set_policy(organization_id="", kind="", wanted=actions.Wanted(grouping="kind"), actor=SYSTEM, now=monday)
    cast.found(("bv-a", "open-rdp", "x.example", "medium"), ("so-b", "open-rdp", "y.example", "medium"), at=monday)
    assert actions.run(now=monday)["reasons"] == {"gathered-by-owner": 1, "first": 1}
    log = DecisionLog.objects.get(organization="bv-a")
    assert (log.rests, log.next_at) == ("gathered-by-owner", monday + timedelta(hours=22))
    cast.found(("bv-a", "open-smb", "z.example", "high"), at=monday + timedelta(hours=5))
    assert actions.run(now=monday + timedelta(hours=5))["reasons"]["gathered-by-owner"] == 2
    assert _notices() == []
    cast.found(("bv-a", "mirai", "w.example", "critical"), at=monday + timedelta(hours=6))
    actions.run(now=monday + timedelta(hours=6))
    assert _notices() == [("Mon 10", 1)], "the gravest waits for nothing"
    # The worker was late by an hour: it goes out all the same, and once.
    late = monday + timedelta(hours=23)
    for _ in range(2):
        actions.run(now=late)
    assert _notices() == [("Mon 10", 1), ("Tue 03", 2)]


def test_a_weekly_mail_waits_for_its_day_but_what_is_high_comes_within_one() -> None:
    cast.organizations("bv-a")
    monday = datetime(2026, 11, 23, 4, tzinfo=UTC)
    actions.set_own_rule(organization_id="bv-a", floor="low", rhythm="weekly", hour=9, weekday=4, actor=AN, now=monday)
    cast.found(("bv-a", "open-rdp", "x.example", "medium"), ("bv-a", "open-smb", "z.example", "high"), at=monday)
    for hours in range(0, 24 * 7, 2):
        actions.run(now=monday + timedelta(hours=hours))
    assert _notices() == [("Tue 02", 1), ("Fri 02", 1)]
    # Whoever wants it at once again has it at once.
    cast.found(("bv-a", "mirai", "w.example", "low"), at=monday + timedelta(days=9))
    actions.run(now=monday + timedelta(days=9))
    assert DecisionLog.objects.get(kind="mirai").rests == "gathered-by-owner"
    actions.set_own_rule(organization_id="bv-a", floor="low", actor=AN, now=monday + timedelta(days=9, hours=1))
    actions.run(now=monday + timedelta(days=9, hours=1))
    assert _notices()[-1] == ("Wed 05", 2), "with the reminder of what was high, which had waited too"


def test_an_organization_says_who_of_it_is_told_of_what_and_nobody_is_left_out() -> None:
    cast.organizations("bv-a", "so-b")
    cast.contact("bv-a", "mang@bv-a.example", roles=("technical",))
    with pytest.raises(NotAllowed):
        actions.set_own_route(organization_id="so-b", kind="mirai", roles=["technical"], actor=AN, now=NOW)
    with pytest.raises(actions.BadPolicy):
        actions.set_own_route(organization_id="bv-a", kind=" ", roles=["technical"], actor=AN, now=NOW)
    actions.set_own_route(organization_id="bv-a", kind="infected-system", roles=["technical"], actor=AN, now=NOW)
    actions.set_own_route(organization_id="bv-a", kind="ssl-poodle", roles=["press"], actor=AN, now=NOW)
    cast.found(*(("bv-a", kind, f"{kind}.example", "medium") for kind in ("mirai", "open-rdp", "ssl-poodle")))
    actions.run(now=NOW)
    told = {
        tuple(part["kind"] for part in notice.parts): sorted(notice.deliveries.values_list("recipient", flat=True))
        for notice in Notice.objects.all()
    }
    everybody = sorted(Contact.objects.filter(organization="bv-a").values_list("email", flat=True))
    assert told == {
        ("mirai",): ["mang@bv-a.example"],
        ("open-rdp",): [one for one in everybody if one != "mang@bv-a.example"],
        ("ssl-poodle",): everybody,  # nobody there is of the press
    }
    assert {part["kind"] for notice in Notice.objects.all() for part in notice.parts if part["routed"]} == {
        "mirai",
        "ssl-poodle",
    }
    assert actions.set_own_route(organization_id="bv-a", kind="mirai", roles=[], actor=AN, now=NOW) is None
