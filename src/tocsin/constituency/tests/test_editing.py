"""Single changes: checked, audited with before and after, handed on; a reader changes nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial

import pytest

from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.constituency import actions, queries
from tocsin.constituency.models import Contact, HoldingsChange, IgnoreRule, Network, Organization
from tocsin.core import constituency as plain

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
LAN = Viewer(1, "lan@team.example", Role.ANALYST)
READER = Viewer(2, "r@team.example", Role.READER)
MAY = date(2026, 5, 31)
A = plain.Organization("a", "Một", "One", sector="health")


@pytest.fixture
def one() -> Organization:
    return actions.add_organization(value=A, actor=LAN, now=NOW)


def last(action: str) -> dict[str, object]:
    entry = AuditEntry.objects.filter(action=action, actor_email="lan@team.example").latest("id")
    return dict(entry.detail)


def moved() -> list[tuple[object, ...]]:
    rows = HoldingsChange.objects.order_by("id").values_list("organization", "value", "from_day", "to_day", "by")
    return list(rows)


def test_an_organization_is_added_once(one: Organization) -> None:
    assert queries.as_value(SYSTEM, "a") == A
    assert last("organization-added")["fields"] == {
        "name_vi": ["", "Một"],
        "name_en": ["", "One"],
        "sector": ["", "health"],
    }
    with pytest.raises(actions.OrganizationExists):
        actions.add_organization(value=A, actor=LAN, now=NOW)


def test_an_organization_changes_with_before_and_after(one: Organization) -> None:
    value = plain.Organization("a", "Hai", "Two", criticality="high", essential=True, valid_to=MAY)
    actions.hold(organization=one, item=plain.Network("192.0.2.0/24"), actor=LAN, now=NOW)
    HoldingsChange.objects.all().delete()
    actions.change_organization(organization=one, value=value, actor=LAN, now=NOW)
    assert last("organization-changed")["fields"] == {
        "name_vi": ["Một", "Hai"], "name_en": ["One", "Two"], "sector": ["health", ""],
        "criticality": ["", "high"], "essential": [False, True], "valid_to": [None, "2026-05-31"],
    }  # fmt: skip
    assert moved() == [("a", "192.0.2.0/24", date(2026, 6, 1), None, "lan@team.example")]
    assert queries.organizations(SYSTEM, "hai").count() == 1


def test_the_tree_stays_a_tree(one: Organization) -> None:
    below = actions.add_organization(value=plain.Organization("b", "B", "B", "a"), actor=LAN, now=NOW)
    with pytest.raises(actions.AboveItself):
        actions.change_organization(organization=one, value=plain.Organization("a", "A", "A", "b"), actor=LAN, now=NOW)
    with pytest.raises(actions.NoSuchParent):
        actions.change_organization(
            organization=below, value=plain.Organization("b", "B", "B", "x"), actor=LAN, now=NOW
        )


def test_what_is_held_leaves_its_trace(one: Organization) -> None:
    row = actions.hold(organization=one, item=plain.Network("192.0.2.0/24"), actor=LAN, now=NOW)
    actions.change_item(row=row, item=plain.Network("192.0.2.0/24", None, MAY), actor=LAN, now=NOW)
    assert last("organization-changed")["items"] == [
        {
            "what": "closed", "kind": "network", "value": "192.0.2.0/24",
            "before": {"cidr": "192.0.2.0/24"}, "after": {"cidr": "192.0.2.0/24", "valid_to": "2026-05-31"},
        }
    ]  # fmt: skip
    assert moved() == [
        ("a", "192.0.2.0/24", None, None, "lan@team.example"),
        ("a", "192.0.2.0/24", date(2026, 6, 1), None, "lan@team.example"),
    ]
    actions.withdraw(row=Network.objects.get(), actor=LAN, now=NOW)
    assert not Network.objects.exists()
    assert moved()[2] == ("a", "192.0.2.0/24", None, MAY, "lan@team.example")


def test_the_same_on_a_common_day_is_refused(one: Organization) -> None:
    row = actions.hold(organization=one, item=plain.Network("192.0.2.0/24", None, MAY), actor=LAN, now=NOW)
    with pytest.raises(actions.HeldAlready):
        actions.hold(organization=one, item=plain.Network("192.0.2.0/24", MAY), actor=LAN, now=NOW)
    later = actions.hold(organization=one, item=plain.Network("192.0.2.0/24", date(2026, 6, 1)), actor=LAN, now=NOW)
    with pytest.raises(actions.HeldAlready):
        actions.change_item(row=row, item=plain.Network("192.0.2.0/24"), actor=LAN, now=NOW)
    assert {row.pk, later.pk} == set(Network.objects.values_list("pk", flat=True))


def test_two_people_may_share_an_address(one: Organization) -> None:
    for name in ("Lan", "Minh"):
        actions.hold(organization=one, item=plain.Contact(name, "it@a.example"), actor=LAN, now=NOW)
    with pytest.raises(actions.HeldAlready):
        actions.hold(organization=one, item=plain.Contact("Lan", "IT@a.example"), actor=LAN, now=NOW)
    row = Contact.objects.get(name="Lan")
    actions.change_item(row=row, item=plain.Contact("Lan", "it@a.example", ("head",), "1", "vi"), actor=LAN, now=NOW)
    assert Contact.objects.get(pk=row.pk).roles == ["head"]
    assert len(moved()) == 0


def test_the_ignore_list_leaves_its_trace() -> None:
    row = actions.ignore(rule=plain.Ignored("192.0.2.0/28", "own scanner"), actor=LAN, now=NOW)
    actions.change_item(row=row, item=plain.Ignored("192.0.2.0/29", "own scanner"), actor=LAN, now=NOW)
    assert last("ignore-list-changed")["items"][0]["after"] == {"value": "192.0.2.0/29", "reason": "own scanner"}  # type: ignore[index]
    assert [(organization, value) for organization, value, *_ in moved()] == [
        (None, "192.0.2.0/28"), (None, "192.0.2.0/28"), (None, "192.0.2.0/29"),
    ]  # fmt: skip
    with pytest.raises(actions.HeldAlready):
        actions.ignore(rule=plain.Ignored("192.0.2.0/29", "again"), actor=LAN, now=NOW)
    actions.withdraw(row=IgnoreRule.objects.get(), actor=LAN, now=NOW)
    assert not IgnoreRule.objects.exists()


def test_what_changes_nothing_leaves_no_trace(one: Organization) -> None:
    row = actions.hold(organization=one, item=plain.Network("192.0.2.0/24"), actor=LAN, now=NOW)
    before = AuditEntry.objects.count()
    actions.change_item(row=row, item=plain.Network("192.0.2.0/24"), actor=LAN, now=NOW)
    actions.change_organization(organization=one, value=A, actor=LAN, now=NOW)
    assert AuditEntry.objects.count() == before


def test_a_reader_changes_nothing(one: Organization) -> None:
    row = actions.hold(organization=one, item=plain.Network("192.0.2.0/24"), actor=LAN, now=NOW)
    for act in (
        partial(actions.add_organization, value=plain.Organization("z")),
        partial(actions.change_organization, organization=one, value=A),
        partial(actions.hold, organization=one, item=plain.Domain("a.example")),
        partial(actions.change_item, row=row, item=plain.Network("192.0.2.0/25")),
        partial(actions.withdraw, row=row),
        partial(actions.ignore, rule=plain.Ignored("AS1", "x")),
    ):
        with pytest.raises(NotAllowed):
            act(actor=READER, now=NOW)
