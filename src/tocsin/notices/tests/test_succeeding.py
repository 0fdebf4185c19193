"""Organizations give way to others: what was open is the successor's from that day, and they are told."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest
from django.db import transaction

from tocsin.accounts import actions as accounts
from tocsin.accounts.models import User
from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import SYSTEM, Role
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries
from tocsin.constituency.models import Organization, Succession
from tocsin.core.constituency import Contact, Domain, Network
from tocsin.core.constituency import Organization as Plain
from tocsin.findings import actions as findings
from tocsin.findings import queries as findings_of
from tocsin.findings.models import Finding, FindingChange
from tocsin.notices import actions as notices
from tocsin.notices.models import EscalationStep, Notice
from tocsin.pipeline.fold import SCHEMA

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER, DAY = datetime(2026, 6, 25, 3, tzinfo=UTC), datetime(2026, 7, 1, 3, tzinfo=UTC), date(2026, 7, 1)
LEFT, RIGHT = "203.0.113.0/25", "203.0.113.128/25"


def _seen(organization: str, asset: str, because: str, at: datetime, batch: str = "1", count: int = 1) -> None:
    row = {
        "organization": organization, "asset": asset, "kind": "open-rdp", "classification_taxonomy": "vulnerable",
        "classification_type": "vulnerable-system", "severity": "high", "first_seen": at, "last_seen": at, "count": count,
        "feeds": ["a"], "ports": [3389], "evidence": [f"{batch}-1"], "because": because, "related": [],
    }  # fmt: skip
    with transaction.atomic():
        findings.fold(frame=pl.DataFrame([row], schema=SCHEMA), batch_id=batch, now=at)


@pytest.fixture(autouse=True)
def _district() -> None:
    district = Plain("huyen-a", "Huyện A", "District A", networks=(Network(LEFT), Network(RIGHT)), domains=(Domain("a.example"),),
                     contacts=(Contact("An", "an@a.example", ("security",)),))  # fmt: skip
    communes = [Plain(id_, id_, id_, valid_from=DAY) for id_ in ("xa-b", "xa-c")]
    constituency.import_all(organizations=[district, *communes], ignored=[], actor=SYSTEM, now=BEFORE)
    _seen("huyen-a", "203.0.113.7", f"network {LEFT}", BEFORE, count=4)
    _seen("huyen-a", "203.0.113.200", f"network {RIGHT}", BEFORE)
    _seen("huyen-a", "www.a.example", "domain a.example", BEFORE)
    notices.run(now=BEFORE)
    notices.deliver(now=BEFORE)
    assert Notice.objects.get().organization_id == "huyen-a"
    assigned = {LEFT: "xa-b", RIGHT: "xa-c", "a.example": "xa-b", "an@a.example": "xa-b"}
    constituency.succeed(
        before=["huyen-a"], after=["xa-b", "xa-c"], on=DAY, reason="NQ 1", assigned=assigned, actor=SYSTEM, now=BEFORE
    )


def test_what_is_open_goes_to_whoever_got_its_network_on_the_day_and_only_once() -> None:
    assert notices.pass_on(now=BEFORE) == 0
    assert Succession.objects.get().carried_at is None
    told = Notice.objects.get()
    assert notices.pass_on(now=AFTER) == 3
    assert notices.pass_on(now=AFTER) == 0
    open_ = set(Finding.objects.values_list("organization_id", "asset", "count", "owner", "told_at"))
    assert open_ == {
        ("xa-b", "203.0.113.7", 4, "silent", None), ("xa-c", "203.0.113.200", 1, "silent", None), ("xa-b", "www.a.example", 1, "silent", None),
    }  # fmt: skip
    gone = Finding.every.get(organization="huyen-a", asset="203.0.113.7")
    assert gone.moved_at == AFTER
    heir = Finding.objects.get(asset="203.0.113.7")
    assert heir.first_seen == gone.first_seen
    for finding, what in ((gone, "moved"), (heir, "new")):
        change = FindingChange.objects.get(finding=finding, reason="succession")
        assert (change.what, change.note, change.means) == (what, "NQ 1", "time")
    # What was told stays with whom it was told; the successor is warned anew, and nobody presses the one that ended.
    notices.run(now=AFTER)
    notices.escalate(now=datetime(2026, 8, 20, 3, tzinfo=UTC))
    assert set(told.lines.values_list("finding__organization", flat=True)) == {"huyen-a"}
    assert set(EscalationStep.objects.filter(notice=told).values_list("state", flat=True)) <= {"cancelled"}
    assert set(Notice.objects.exclude(pk=told.pk).values_list("organization", flat=True)) == {"xa-b", "xa-c"}


def test_late_events_of_the_days_before_do_not_wake_an_organization_that_ended() -> None:
    _seen("xa-b", "203.0.113.7", f"network {LEFT}", AFTER, batch="2", count=2)
    notices.pass_on(now=AFTER)
    assert Finding.objects.get(asset="203.0.113.7").count == 6
    _seen("huyen-a", "203.0.113.7", f"network {LEFT}", BEFORE, batch="3", count=10)
    found = Finding.objects.get(asset="203.0.113.7")
    assert (found.organization_id, found.count, found.last_seen) == ("xa-b", 16, AFTER)
    assert not Finding.objects.filter(organization="huyen-a").exists()
    # Its events are attributed again: the whole of what is known of the name, the days before under the one that ended.
    schema = {"asset": pl.String, "kind": pl.String}
    names = pl.DataFrame([("203.0.113.7", "open-rdp")], schema=schema, orient="row")
    rows = [
        {"organization": owner, "asset": "203.0.113.7", "kind": "open-rdp", "classification_taxonomy": "vulnerable",
         "classification_type": "vulnerable-system", "severity": "high", "first_seen": at, "last_seen": at, "count": n, "feeds": ["a"],
         "ports": [3389], "evidence": ["x"], "because": f"network {LEFT}", "related": []}
        for owner, at, n in (("huyen-a", BEFORE, 14), ("xa-b", AFTER, 2))
    ]  # fmt: skip
    with transaction.atomic():
        findings.refold(names=names, frame=pl.DataFrame(rows, schema=SCHEMA), batch_id="4", now=AFTER)
    found = Finding.objects.get(asset="203.0.113.7")
    assert (found.organization_id, found.count, found.first_seen, found.last_seen) == ("xa-b", 16, BEFORE, AFTER)


def test_people_see_the_portal_of_whoever_follows_from_that_day_and_nothing_below_it() -> None:
    def person(email: str) -> User:
        user = accounts.add_user(email=email, role=Role.CONTACT, actor=SYSTEM, now=BEFORE)
        constituency.join(user=user, organization=Organization.objects.get(pk="huyen-a"), sees_children=True)
        return user

    an, ba = person("An@a.example"), person("ba@a.example")
    notices.pass_on(now=BEFORE)
    assert queries.viewer_of(an).organization_ids == {"huyen-a"}
    notices.pass_on(now=AFTER)
    # Of a split, who is a contact goes where the contact went; where the others went nobody said.
    assert queries.viewer_of(an).organization_ids == {"huyen-a", "xa-b"}
    assert queries.viewer_of(ba).organization_ids == {"huyen-a"}
    assert not findings_of.findings(queries.viewer_of(ba)).filter(organization="xa-b").exists()
    assert findings_of.findings(queries.viewer_of(an)).filter(organization="xa-b").count() == 2
    # Merged, everybody follows, over several merges on one day too; what is below the successor stays unseen.
    later = datetime(2026, 9, 1, 3, tzinfo=UTC)
    province = Plain("tinh", "Tỉnh", "Province", valid_from=DAY)
    below = Plain("xa-z", "xa-z", "xa-z", parent="tinh", valid_from=DAY)
    constituency.import_all(organizations=[province, below], ignored=[], actor=SYSTEM, now=AFTER)
    constituency.join(user=ba, organization=Organization.objects.get(pk="xa-c"))
    for before, after in ((["xa-b"], "xa-c"), (["xa-c"], "tinh")):
        day = date(2026, 8, 1) if after == "xa-c" else date(2026, 9, 1)
        constituency.succeed(before=before, after=[after], on=day, reason="NQ 2", actor=SYSTEM, now=AFTER)
    notices.pass_on(now=later)
    notices.pass_on(now=later)
    assert queries.viewer_of(an).organization_ids == {"huyen-a", "xa-b", "xa-c", "tinh"}
    assert queries.viewer_of(ba).organization_ids == {"huyen-a", "xa-c", "tinh"}
    passed = AuditEntry.objects.filter(action="membership-passed").values_list("object_id", "detail__organization")
    assert sorted(passed) == [("an@a.example", "tinh"), ("an@a.example", "xa-b"), ("an@a.example", "xa-c"), ("ba@a.example", "tinh")]  # fmt: skip


def test_a_warning_that_waits_for_approval_is_withdrawn_and_made_for_the_successor() -> None:
    Notice.objects.update(state="waiting", sent_at=None)
    notices.pass_on(now=AFTER)
    assert Notice.objects.get().state == "withdrawn"
