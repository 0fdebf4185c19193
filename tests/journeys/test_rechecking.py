"""Looking again: only with a permission, only at what the owner holds, politely; two clean looks verify."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from django.test import Client

from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.core import constituency as plain
from tocsin.findings import actions as findings
from tocsin.findings.models import Finding, Permission, ReCheck
from tocsin.notices import actions as notices
from tocsin.notices.tests import cast
from tocsin.notices.tests.cast import LAN, NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def open_service() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def finding(open_service: socket.socket, settings: object) -> Finding:
    settings.TOCSIN_RECHECK_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]  # type: ignore[attr-defined]
    cast.organizations("bv-a", "so-b")
    owner = constituents.organizations(SYSTEM).get(pk="bv-a")
    constituency.hold(organization=owner, item=plain.Network("127.0.0.0/24"), actor=SYSTEM, now=NOW)
    cast.found(("bv-a", "open-rdp", "127.0.0.1", "high"), ("bv-a", "mirai", "127.0.0.1", "high"))
    Finding.objects.filter(kind="open-rdp").update(ports=[open_service.getsockname()[1]])
    return Finding.objects.get(kind="open-rdp")


def _permit(value: str = "", organization: str = "bv-a", until: date = date(2027, 1, 1)) -> Permission:
    owner = constituents.organizations(SYSTEM).get(pk=organization)
    return findings.permit(
        organization=owner, value=value, given_by="Giám đốc", given_on=date(2026, 11, 1), valid_until=until, actor=LAN, now=NOW
    )  # fmt: skip


def _ask(finding: Finding, hours: float = 0) -> ReCheck:
    finding.refresh_from_db()
    return findings.ask(finding=finding, by="an@bv-a.example", means="portal", now=NOW + timedelta(hours=hours))


def _looked(hours: float) -> ReCheck | None:
    id_ = findings.look_next(now=NOW + timedelta(hours=hours))
    return ReCheck.objects.get(pk=id_) if id_ else None


def test_nothing_is_looked_at_without_a_permission_that_holds_now(finding: Finding, settings: object) -> None:
    with pytest.raises(findings.NoPermission):
        _ask(finding)
    _permit("127.0.0.128/25")
    _permit(organization="so-b")
    findings.revoke(permission=_permit(), actor=LAN, now=NOW)
    _permit(until=date(2026, 11, 25))
    with pytest.raises(findings.NoPermission):
        _ask(finding, hours=96)
    _permit()
    with pytest.raises(findings.NoCheck):
        _ask(Finding.objects.get(kind="mirai"))
    narrower = plain.Network("127.0.0.0/30")
    owner = constituents.organizations(SYSTEM).get(pk="so-b")
    row = constituency.hold(organization=owner, item=narrower, actor=SYSTEM, now=NOW)
    with pytest.raises(findings.NotHeld):
        _ask(finding)
    row.delete()
    asked = _ask(finding)
    settings.TOCSIN_RECHECK_NETWORKS = []  # type: ignore[attr-defined]
    with pytest.raises(findings.NotHeld):
        findings.may_look(finding, NOW)
    done = _looked(0.1)
    assert done is not None
    assert (done.pk, done.result, done.said) == (asked.pk, "could-not-tell", "not looked at: NotHeld")


def test_what_still_answers_is_told_again_and_two_clean_looks_verify(
    finding: Finding, open_service: socket.socket
) -> None:
    _permit("127.0.0.0/24")
    notices.run(now=NOW)
    found = list(Finding.objects.filter(pk=finding.pk))
    notices.answer_findings(findings=found, word="fixed", by="an@bv-a.example", means="portal", now=NOW)
    _ask(finding)
    with pytest.raises(findings.TooSoon):
        _ask(finding, hours=0.5)
    done = _looked(1)
    assert done is not None
    assert (done.result, done.said) == ("still-there", "it accepts connections from outside")
    assert notices.run(now=NOW + timedelta(hours=1.1))["reasons"]["seen-again"] == 1
    open_service.close()
    _ask(finding, hours=3)
    first = _looked(3)
    assert first is not None
    assert (first.result, first.said) == ("clean", "the connection was refused")
    finding.refresh_from_db()
    assert finding.sensor == "seen"
    # The second look follows by itself, half a day later and not before.
    assert _looked(14) is None
    assert _looked(15.1) is not None
    finding.refresh_from_db()
    assert (finding.sensor, finding.verified_by) == ("gone", "2-clean-rechecks")
    assert finding.verified_at == NOW + timedelta(hours=15.1)
    history = finding.changes.filter(what__in=["recheck", "sensor"]).order_by("pk")
    assert [(c.what, c.after, c.means) for c in history] == [
        ("recheck", "still-there", "recheck"),
        ("recheck", "clean", "recheck"),
        ("recheck", "clean", "recheck"),
        ("sensor", "gone", "recheck"),
    ]
    assert not ReCheck.objects.exclude(state="done").exists()
    with pytest.raises(findings.NothingToCheck):
        _ask(finding, hours=20)


def test_an_address_rests_between_two_looks_and_a_look_that_died_is_done_again(finding: Finding) -> None:
    _permit()
    _ask(finding)
    assert _looked(0) is not None
    other = Finding.objects.get(kind="mirai")
    Finding.objects.filter(pk=other.pk).update(kind="open-smb", ports=finding.ports)
    second = _ask(other, hours=0.01)
    assert _looked(0.01) is None
    ReCheck.objects.filter(pk=second.pk).update(state="running", began_at=NOW + timedelta(hours=0.02))
    assert _looked(0.05) is None
    again = _looked(0.2)
    assert again is not None
    assert (again.pk, again.result) == (second.pk, "still-there")


def test_a_scanners_result_counts_too(finding: Finding) -> None:
    reader = Viewer(3, "x@team.example", Role.READER)
    for hours, result in ((1, "clean"), (2, "could-not-tell"), (9, "clean"), (14, "clean")):
        assert Finding.objects.get(pk=finding.pk).sensor == "seen"
        findings.take_result(
            finding=finding, result=result, sensor="nmap", said="", actor=LAN, now=NOW + timedelta(hours=hours)
        )
    assert Finding.objects.get(pk=finding.pk).sensor == "gone"
    with pytest.raises(NotAllowed):
        findings.take_result(finding=finding, result="clean", sensor="nmap", said="", actor=reader, now=NOW)


def test_the_owner_presses_the_button_and_the_team_records_permissions(
    finding: Finding, signed_in: Callable[..., Client]
) -> None:
    owner, team = signed_in(Role.CONTACT, "bv-a"), signed_in(Role.ANALYST)
    url = f"/portal/findings/{finding.pk}/"
    assert f"{url}recheck/" not in owner.get(url).content.decode()
    owner.post(f"{url}recheck/")
    assert not ReCheck.objects.exists()
    given = {"organization": "bv-a", "given_by": "Giám đốc", "given_on": "2020-01-01", "valid_until": "2099-01-01"}
    assert team.post("/findings/permissions/", {**given, "valid_until": "2020-01-01"}).status_code == 400
    assert team.post("/findings/permissions/", given).status_code == 302
    assert owner.post("/findings/permissions/", given).status_code == 404
    assert f"{url}recheck/" in owner.get(url).content.decode()
    owner.post(f"{url}recheck/")
    assert ReCheck.objects.get().asked_by == "contact@team.example"
    team.post(f"/findings/permissions/{Permission.objects.get().pk}/end/")
    assert Permission.objects.get().revoked_by == "analyst@team.example"
