"""An import writes what differs: rows stay, history stays, every change is audited and handed on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tocsin.accounts import actions as accounts
from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.constituency import actions, queries
from tocsin.constituency.models import Contact, HoldingsChange, Network
from tocsin.constituency.rules.difference import Difference
from tocsin.core import constituency as plain

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
TODAY, YESTERDAY = date(2026, 11, 24), date(2026, 11, 23)
LAN = plain.Contact("Lan", "lan@soyte.example", ("security", "head"), "+84 1", "vi", date(2026, 1, 1))
TOWN = [
    plain.Organization("tinh", "Tỉnh", "Province", networks=(plain.Network("203.0.113.0/24"),)),
    plain.Organization(
        "so-y-te", "Sở Y tế", "Department of Health", "tinh", "health", "vi",
        (plain.Network("203.0.113.0/29"), plain.Network("2001:db8:1::/48", date(2025, 7, 1))),
        (plain.Domain("soyte.example"),), (plain.AutonomousSystem(64500),), (LAN, plain.Contact("", "it@soyte.example")),
        criticality="high", essential=True,
    ),
]  # fmt: skip


@pytest.fixture
def bring() -> Callable[..., Difference]:
    def bring(*organizations: plain.Organization, **more: object) -> Difference:
        given = {"ignored": (), "actor": SYSTEM, "now": NOW, **more}
        return actions.import_all(organizations=organizations, **given)  # type: ignore[arg-type]

    return bring


def test_what_comes_in_is_there_in_the_order_of_the_file(bring: Callable[..., Difference]) -> None:
    rule = plain.Ignored("192.0.2.0/28", "own scanner")
    bring(*reversed(TOWN), ignored=[rule])
    organizations, ignored = queries.as_values(SYSTEM)
    assert (sorted(organizations, key=lambda o: o.id, reverse=True), ignored) == (TOWN, [rule])
    assert queries.organizations(SYSTEM, "so y te").get().criticality == "high"


def test_rows_that_stay_the_same_are_the_same_rows(bring: Callable[..., Difference]) -> None:
    bring(*TOWN)
    before = {n.cidr: n.pk for n in Network.objects.all()}, set(Contact.objects.values_list("pk", flat=True))
    bring(TOWN[0], replace(TOWN[1], networks=TOWN[1].networks[:1], contacts=(replace(LAN, phone="+84 2"),)))
    assert before == (
        {n.cidr: n.pk for n in Network.objects.all()}, set(Contact.objects.values_list("pk", flat=True))
    )  # fmt: skip
    assert Network.objects.get(cidr="2001:db8:1::/48").valid_to == YESTERDAY
    assert Contact.objects.get(email="lan@soyte.example").phone == "+84 2"
    assert Contact.objects.get(email="it@soyte.example").valid_to == YESTERDAY
    assert queries.contacts_on(SYSTEM, "so-y-te", TODAY) == [Contact.objects.get(email="lan@soyte.example")]


def test_the_day_of_an_import_can_be_another(bring: Callable[..., Difference]) -> None:
    bring(*TOWN)
    bring(replace(TOWN[1], networks=()), as_of=date(2026, 7, 1))
    assert {n.valid_to for n in Network.objects.filter(organization="so-y-te")} == {date(2026, 6, 30)}


def test_a_dry_run_says_the_same_and_changes_nothing(bring: Callable[..., Difference]) -> None:
    bring(*TOWN)
    before = queries.as_values(SYSTEM)
    dry = bring(replace(TOWN[1], domains=()), complete=True, dry_run=True)
    assert queries.as_values(SYSTEM) == before
    assert bring(replace(TOWN[1], domains=(), parent="tinh"), complete=True) == dry
    assert {change.organization: change.what for change in dry.organizations} == {
        "so-y-te": "changed",
        "tinh": "closed",
    }


def test_every_change_is_audited_with_before_and_after(bring: Callable[..., Difference]) -> None:
    bring(*TOWN, source={"name": "first.yaml", "sha256": "00"})
    lan = Viewer(1, "lan@team.example", Role.ANALYST)
    bring(replace(TOWN[1], sector="", networks=TOWN[1].networks[1:]), actor=lan, source={"name": "second.csv"})
    entry = AuditEntry.objects.filter(object_kind="organization", object_id="so-y-te").latest("id")
    assert (entry.actor_email, entry.action) == ("lan@team.example", "organization-changed")
    assert entry.detail == {
        "fields": {"sector": ["health", ""]},
        "items": [
            {
                "what": "closed",
                "kind": "network",
                "value": "203.0.113.0/29",
                "before": {"cidr": "203.0.113.0/29"},
                "after": {"cidr": "203.0.113.0/29", "valid_to": "2026-11-23"},
            }
        ],
        "as_of": "2026-11-24",
        "source": {"name": "second.csv"},
    }
    assert AuditEntry.objects.filter(action="organization-added").count() == 2


def test_each_value_whose_holder_changed_leaves_one_row(bring: Callable[..., Difference]) -> None:
    bring(*TOWN)
    HoldingsChange.objects.all().delete()
    bring(replace(TOWN[1], networks=TOWN[1].networks[:1], contacts=()), ignored=[plain.Ignored("AS64510", "sinkhole")])
    assert list(HoldingsChange.objects.values_list("organization", "kind", "value", "from_day", "to_day")) == [
        ("so-y-te", "network", "2001:db8:1::/48", TODAY, None),
        (None, "asn", "AS64510", None, None),
    ]


def test_a_parent_that_is_not_there_or_a_circle_is_refused(bring: Callable[..., Difference]) -> None:
    with pytest.raises(actions.NoSuchParent):
        bring(TOWN[1])
    bring(*TOWN)
    with pytest.raises(actions.AboveItself):
        bring(replace(TOWN[0], parent="so-y-te"))
    assert queries.as_value(SYSTEM, "tinh") == TOWN[0]


def test_a_reader_imports_nothing(bring: Callable[..., Difference]) -> None:
    with pytest.raises(NotAllowed):
        bring(*TOWN, actor=Viewer(1, "r@team.example", Role.READER))
    assert queries.as_values(SYSTEM) == ([], [])


def test_a_contact_of_a_parent_sees_what_is_below_only_when_told_so(bring: Callable[..., Difference]) -> None:
    deep = plain.Organization("bv", "Bệnh viện", "Hospital", "so-y-te")
    bring(*TOWN, deep, plain.Organization("khac", "Khác", "Other"))
    user = accounts.add_user(email="chi@tinh.example", role=Role.CONTACT, actor=SYSTEM, now=NOW)
    (tinh,) = queries.organizations(SYSTEM).filter(pk="tinh")
    actions.join(user=user, organization=tinh)
    assert queries.viewer_of(user).organization_ids == {"tinh"}
    assert actions.see_below(user=user, organization=tinh, sees_children=True, actor=SYSTEM, now=NOW)
    assert queries.viewer_of(user).organization_ids == {"tinh", "so-y-te", "bv"}
    assert not actions.see_below(user=user, organization=tinh, sees_children=True, actor=SYSTEM, now=NOW)
    assert AuditEntry.objects.latest("id").detail == {"organization": "tinh", "sees_children": [False, True]}
    (other,) = queries.organizations(SYSTEM).filter(pk="khac")
    with pytest.raises(actions.NotAMember):
        actions.see_below(user=user, organization=other, sees_children=True, actor=SYSTEM, now=NOW)
    analyst = Viewer(1, "lan@team.example", Role.ANALYST)
    with pytest.raises(NotAllowed):
        actions.see_below(user=user, organization=tinh, sees_children=False, actor=analyst, now=NOW)
