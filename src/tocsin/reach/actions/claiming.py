"""Networks and domains that organizations claim: proof by a DNS record or a file, and the team's approval."""

from __future__ import annotations

import ipaddress
import secrets
from datetime import datetime

from django.conf import settings
from django.db import transaction

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.collectors import txt
from tocsin.collectors.failures import NotCollected
from tocsin.collectors.guard import Guard
from tocsin.collectors.http.fetch import REDIRECTS, fetch
from tocsin.collectors.limits import Limits
from tocsin.constituency import actions as constituency
from tocsin.constituency.models import Organization
from tocsin.core import constituency as plain
from tocsin.reach import rules
from tocsin.reach.actions.keys import may_change
from tocsin.reach.models import HoldingClaim
from tocsin.roster import values
from tocsin.roster.reasons import Wrong

AT_MOST = 50
"""Claims of an organization that may wait at once."""
LIMITS = Limits(size=4096, seconds=15.0, silence=10.0)
State = HoldingClaim.State


class BadClaim(ValueError):
    """What is claimed is no network or domain, or too many claims wait; the text says why."""


class AlreadySettled(Exception):
    """The team has approved or refused the claim."""


class NotProven(Exception):
    """Neither the record nor the file shows the token; the text says what was seen."""


def record_of(claim: HoldingClaim) -> str:
    """Return the names whose TXT records together prove a claim, with spaces; nothing where no record can."""
    return " ".join(_records(claim))


def _records(claim: HoldingClaim) -> list[str]:
    return [f"_tocsin.{claim.value}"] if claim.kind == "domain" else rules.reverse_names(claim.value)


def file_of(claim: HoldingClaim, host: str = "", port: int = 80) -> str:
    """Return the address of the file that proves a claim: of a network at one of its addresses, without TLS."""
    if claim.kind == "domain":
        return f"https://{claim.value}/.well-known/tocsin-claim.txt"
    address = ipaddress.ip_address(host) if host else ipaddress.ip_network(claim.value)[0]
    shown = f"[{address}]" if address.version == 6 else str(address)
    return f"http://{shown}{f':{port}' if port != 80 else ''}/.well-known/tocsin-claim.txt"


@transaction.atomic
def claim_holding(
    *, organization: Organization, kind: str, value: str, actor: Viewer, now: datetime
) -> HoldingClaim:  # fmt: skip
    """Claim a network or a domain; the same one again returns the claim that waits. Raise BadClaim, NotAllowed."""
    if not may_change(actor, organization.pk):
        raise NotAllowed(actor.role.value)
    try:
        known = {"network": values.network, "domain": values.domain}[kind](value)
    except (Wrong, KeyError) as error:
        raise BadClaim(str(error)) from error
    waiting = HoldingClaim.objects.filter(organization=organization, state__in=[State.ASKED, State.PROVEN])
    if (there := waiting.filter(kind=kind, value=known).first()) is not None:
        return there
    if waiting.count() >= AT_MOST:
        raise BadClaim("enough claims wait already")
    token = f"tocsin-claim={secrets.token_hex(20)}"
    row = HoldingClaim.objects.create(
        organization=organization, kind=kind, value=known, token=token, by=actor.email, at=now
    )
    _record("holding-claimed", row, actor, now)
    return row


def prove(
    *, claim: HoldingClaim, actor: Viewer, now: datetime, host: str = "", resolver: tuple[str, int] | None = None, port: int = 80
) -> str:  # fmt: skip
    """Look for the proof of a claim; return by what it was proven.

    `host` is the address in a claimed network where the file lies, its first one unless given. Raise NotProven,
    BadClaim when that is no address in it, AlreadySettled, NotAllowed.
    """
    if not may_change(actor, claim.organization_id):
        raise NotAllowed(actor.role.value)
    if claim.state not in {State.ASKED, State.PROVEN}:
        raise AlreadySettled
    if host and claim.kind == "network" and not _lies_in(host, claim.value):
        raise BadClaim(f"{host} is no address in {claim.value}")
    said = []
    for way in ("dns", "file"):
        try:
            shown = _in_dns(claim, resolver or txt.resolver()) if way == "dns" else _in_file(claim, host, port)
        except NotCollected as error:
            said.append(f"{way}: {error.detail}")
            continue
        if shown:
            _note(claim, State.PROVEN, way, "", actor, now)
            return way
        said.append(f"{way}: not there")
    _note(claim, State(claim.state), claim.proven_by, "; ".join(said), actor, now)
    raise NotProven("; ".join(said))


def _lies_in(host: str, cidr: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(cidr)
    except ValueError:
        return False


def _in_dns(claim: HoldingClaim, resolver: tuple[str, int]) -> bool:
    names = _records(claim)
    found = (claim.token in [text.strip() for text in txt.lookup(name, server=resolver)] for name in names)
    return bool(names) and all(found)


def _in_file(claim: HoldingClaim, host: str, port: int) -> bool:
    guard = Guard(settings.TOCSIN_ALLOWED_NETWORKS, settings.TOCSIN_ALLOWED_PORTS)
    schemes, redirects = (("https",), REDIRECTS) if claim.kind == "domain" else (("http",), 0)
    where = file_of(claim, host, port)
    with fetch(where, guard=guard, limits=LIMITS, schemes=schemes, redirects=redirects) as answer:
        content = b"".join(iter(lambda: answer.content.read(1024), b""))
    return claim.token in [line.strip() for line in content.decode(errors="replace").splitlines()]


@transaction.atomic
def _note(claim: HoldingClaim, state: HoldingClaim.State, way: str, says: str, actor: Viewer, now: datetime) -> None:
    claim.state, claim.proven_by, claim.checked_at, claim.says = state, way, now, says[:500]
    claim.save(update_fields=["state", "proven_by", "checked_at", "says"])
    if state is State.PROVEN and not says:
        _record("holding-proven", claim, actor, now)


@transaction.atomic
def settle_claim(*, claim: HoldingClaim, approve: bool, because: str, actor: Viewer, now: datetime) -> None:
    """Approve or refuse. Approved, the organization holds it from today; without proof the team says why it is sure.

    Raise AlreadySettled, NotProven, NotAllowed, and HeldAlready of the constituency.
    """
    if not actor.may_write or not actor.sees_everything:
        raise NotAllowed(actor.role.value)
    row = HoldingClaim.objects.select_for_update(of=("self",)).select_related("organization").get(pk=claim.pk)
    if row.state not in {State.ASKED, State.PROVEN}:
        raise AlreadySettled
    if approve and row.state != State.PROVEN and not because.strip():
        raise NotProven("it is not proven: say why you are sure")
    row.state = State.APPROVED if approve else State.REFUSED
    row.decided_by, row.decided_at, row.decided_because = actor.email, now, because.strip()[:1000]
    row.save(update_fields=["state", "decided_by", "decided_at", "decided_because"])
    if approve:
        item: plain.Network | plain.Domain = (
            plain.Domain(row.value, valid_from=now.date())
            if row.kind == "domain"
            else plain.Network(row.value, valid_from=now.date())
        )
        constituency.hold(organization=row.organization, item=item, actor=actor, now=now)
    _record("holding-claim-approved" if approve else "holding-claim-refused", row, actor, now)


def _record(action: str, row: HoldingClaim, actor: Viewer, now: datetime) -> None:
    detail = {"organization": row.organization_id, "kind": row.kind, "value": row.value, "proven_by": row.proven_by, "because": row.decided_because}  # fmt: skip
    audit.record(actor=actor, action=action, object_kind="holding-claim", object_id=str(row.pk), now=now, detail=detail)
