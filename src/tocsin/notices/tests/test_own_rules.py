"""An organization says from which severity on it wants mail; the gravest cannot be silenced."""

from __future__ import annotations

import pytest

from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import NotAllowed, Role, Viewer
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
