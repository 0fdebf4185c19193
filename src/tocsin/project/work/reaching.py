"""Reach people: what came back, calls to contacts, exercises, keys, endpoints, proposals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import translation

from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import queries as constituents
from tocsin.constituency.models import Contact, Organization
from tocsin.notices import actions as notices
from tocsin.notices import queries as noticed
from tocsin.notices.models import Delivery, Notice
from tocsin.project.work import now
from tocsin.reach import actions, queries
from tocsin.reach.models import Drill, Endpoint, Proposal
from tocsin.reach.words import REASONS
from tocsin.surveys import actions as surveys

TEST = (
    "Tocsin: this is a test. Warnings will arrive here like this one. / Đây là thư thử, cảnh báo sẽ đến theo cách này."
)


def work() -> bool:
    """Read what came back, ask contacts whose time has come, send what waits; return whether there was anything."""
    return any(run(at=None).values())


def run(*, at: datetime | None) -> dict[str, int]:
    """Do once all that time asks for; return how many bounces were read, contacts asked, calls sent."""
    moment = at or now()
    learnt = notices.read_bounces(now=moment, others=[surveys.bounce_mail])
    asked = actions.ask_contacts(now=moment)
    return {
        "bounced": learnt.deliveries + learnt.calls,
        "asked": asked,
        "called": actions.send_calls(now=moment)["sent"] + actions.send_registration_mails(now=moment),
    }


def learn(files: Sequence[Path]) -> dict[str, int]:
    """Learn from mails that came back, as files."""
    found = notices.learn_bounces(contents=[file.read_bytes() for file in files], now=now(), others=[surveys.bounce_mail])  # fmt: skip
    return {
        "deliveries": found.deliveries, "calls": found.calls, "delayed": found.delayed, "unknown": found.unknown, "contacts_told": found.contacts_told,
    }  # fmt: skip


def figures(organizations: Collection[str], *, at: datetime | None) -> list[dict[str, Any]]:
    """Return how well organizations are reached, the worst first. Raise LookupError."""
    moment = at or now()
    ids = [known(id_).pk for id_ in organizations] or list(
        constituents.current(SYSTEM, moment.date()).values_list("pk", flat=True)
    )
    found = queries.reachability(SYSTEM, ids, moment)
    rows = sorted(found.values(), key=lambda one: (one.figure, one.organization_id))
    return [
        {"organization": one.organization_id, "figure": one.figure, "reasons": list(one.reasons), "contacts": one.facts.active}
        for one in rows
    ]  # fmt: skip


def words(reasons: Sequence[str]) -> str:
    """Return reasons in words, in the language of the command line."""
    with translation.override("en"):
        return "; ".join(str(REASONS[reason]) for reason in reasons) or "nothing is missing"


def known(id_: str) -> Organization:
    """Return an organization. Raise LookupError."""
    found = constituents.organizations(SYSTEM).filter(pk=id_).first()
    if found is None:
        raise LookupError(id_)
    return found


def contact(organization: str, email: str) -> Contact:
    """Return a contact. Raise LookupError."""
    rows = constituents.contacts(SYSTEM).filter(organization=known(organization), email__iexact=email)
    found = rows.filter(valid_to=None).first() or rows.first()
    if found is None:
        raise LookupError(email)
    return found


def contacts(organization: str) -> list[dict[str, Any]]:
    """Return contacts as the command prints them."""
    rows = constituents.contacts(SYSTEM).order_by("organization_id", "pk")
    if organization:
        rows = rows.filter(organization=known(organization))
    return [
        {
            "id": str(c.pk), "organization": c.organization_id, "name": c.name, "email": c.email, "state": c.state, "because": c.state_because,
            "verified_at": c.verified_at, "must_encrypt": c.must_encrypt, "valid_to": c.valid_to,
        }
        for c in rows
    ]  # fmt: skip


def ask(organization: str, email: str) -> None:
    """Ask a contact to confirm. Raise LookupError."""
    actions.ask(contact=contact(organization, email), actor=SYSTEM, now=now())


def add_key(organization: str, email: str, content: str) -> dict[str, Any]:
    """Add a key. Raise LookupError, BadKey."""
    key = actions.add_key(contact=contact(organization, email), content=content, actor=SYSTEM, now=now())
    return {"kind": key.kind, "fingerprint": key.fingerprint, "names": key.names, "expires_at": key.expires_at}


def add_endpoint(organization: str, channel: str, address: str, *, always: bool) -> dict[str, Any]:
    """Add an endpoint. Raise LookupError, BadEndpoint."""
    row, secret = actions.add_endpoint(
        organization=known(organization), channel=channel, address=address, always=always, actor=SYSTEM, now=now()
    )
    return {
        "id": str(row.pk),
        "channel": row.channel,
        "service": row.service,
        "host": row.shown,
        "secret": secret or None,
    }


def endpoint(id_: str) -> Endpoint:
    """Return an endpoint in use. Raise LookupError."""
    found = queries.endpoints(SYSTEM).filter(pk=_uuid(id_)).first()
    if found is None:
        raise LookupError(id_)
    return found


def try_endpoint(id_: str) -> str:
    """Try an endpoint. Raise LookupError, NotHandedOver."""
    return actions.try_endpoint(endpoint=endpoint(id_), title="Tocsin", text=TEST, actor=SYSTEM, now=now())


def remove_endpoint(id_: str) -> None:
    """Remove an endpoint. Raise LookupError."""
    actions.remove_endpoint(endpoint=endpoint(id_), actor=SYSTEM, now=now())


def endpoints() -> list[dict[str, Any]]:
    """Return endpoints as the command prints them."""
    return [
        {
            "id": str(e.pk), "organization": e.organization_id, "channel": e.channel, "service": e.service, "host": e.shown, "always": e.always,
            "worked_at": e.worked_at, "failed_at": e.failed_at, "says": e.says,
        }
        for e in queries.endpoints(SYSTEM)
    ]  # fmt: skip


def begin_drill(title: str, organizations: Collection[str], roles: Collection[str], hours: int) -> dict[str, Any]:
    """Begin a drill. Raise BadDrill."""
    at = now()
    made = actions.begin_drill(
        title=title, organizations=organizations, roles=roles, ends_at=at + timedelta(hours=hours), actor=SYSTEM, now=at
    )
    return {"id": str(made.pk), "title": made.title, "ends_at": made.ends_at, "called": made.calls.count()}


def drills() -> list[dict[str, Any]]:
    """Return drills as the command prints them."""
    return [
        {"id": str(d.pk), "title": d.title, "begun_at": d.begun_at, "ends_at": d.ends_at, "called": d.n_called, "answered": d.n_answered}  # type: ignore[attr-defined]
        for d in queries.drills(SYSTEM)
    ]  # fmt: skip


def drill(id_: str) -> dict[str, Any]:
    """Return what came of a drill. Raise LookupError."""
    found: Drill | None = queries.drills(SYSTEM).filter(pk=_uuid(id_)).first()
    if found is None:
        raise LookupError(id_)
    result = queries.drill_result(SYSTEM, found)
    rows = queries.calls(SYSTEM).filter(drill=found).order_by("contact__organization_id", "email")
    return {
        "id": str(found.pk), "title": found.title, "begun_at": found.begun_at, "ends_at": found.ends_at,
        "called": result.called, "sent": result.sent, "bounced": result.bounced, "answered": result.answered,
        "organizations": result.organizations, "organizations_answered": result.organizations_answered,
        "median_seconds": result.median and result.median.total_seconds(),
        "ninetieth_seconds": result.ninetieth and result.ninetieth.total_seconds(),
        "calls": [
            {"organization": c.contact.organization_id, "email": c.email, "state": c.state, "sent_at": c.sent_at, "answered_at": c.answered_at}
            for c in rows
        ],
    }  # fmt: skip


def proposals() -> list[dict[str, Any]]:
    """Return what waits for the team."""
    return [
        {
            "id": str(p.pk), "organization": p.organization_id, "what": p.what, "by": p.by, "at": p.at, "note": p.note,
            "differences": [{"field": name, "before": before, "after": after} for name, before, after in p.differences],
        }
        for p in queries.proposals(SYSTEM, open_only=True)
    ]  # fmt: skip


def decide(id_: str, *, approve: bool, because: str) -> None:
    """Approve or refuse a proposal. Raise LookupError, AlreadyDecided, HeldAlready."""
    found: Proposal | None = queries.proposals(SYSTEM).filter(pk=_uuid(id_)).first()
    if found is None:
        raise LookupError(id_)
    actions.decide_proposal(proposal=found, approve=approve, because=because, actor=SYSTEM, now=now())


def letter(reference: str, ending: str) -> bytes:
    """Return the official letter of a notice, ordering it if there is none. Raise LookupError, NoLetter, NoLibrary."""
    notice: Notice | None = noticed.notices(SYSTEM).filter(reference=reference).first()
    if notice is None:
        raise LookupError(reference)
    at = now()
    if not noticed.deliveries(SYSTEM).filter(notice=notice, channel="letter").exists():
        notices.order_letter(notice=notice, actor=SYSTEM, now=at)
        notices.deliver(now=at)
    return notices.document(delivery=_letter(notice), ending=ending, now=at)


def carried(reference: str, on: Any) -> None:
    """Note that the letter of a notice was handed over on a day. Raise LookupError, NoLetter, NotYet."""
    notice: Notice | None = noticed.notices(SYSTEM).filter(reference=reference).first()
    if notice is None:
        raise LookupError(reference)
    notices.note_carried(delivery=_letter(notice), on=on, actor=SYSTEM, now=now())


def _letter(notice: Notice) -> Delivery:
    found = noticed.deliveries(SYSTEM).select_related("message").filter(notice=notice, channel="letter").first()
    if found is None:
        raise LookupError(notice.reference)
    return found


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise LookupError(text) from None


def holding_claims(*, everything: bool) -> list[dict[str, Any]]:
    """Return claimed networks and domains, the newest first."""
    return [
        {
            "id": str(row.pk), "organization": row.organization_id, "kind": row.kind, "value": row.value, "state": row.state, "token": row.token,
            "records": actions.record_of(row).split(), "file": actions.file_of(row), "proven_by": row.proven_by, "says": row.says, "by": row.by, "at": row.at,
        }
        for row in queries.holding_claims(SYSTEM, open_only=not everything)
    ]  # fmt: skip


def settle_holding_claim(id_: str, what: str, *, host: str, because: str) -> str:
    """Prove, approve or refuse a claim; return what came of it. Raise LookupError, and what the actions raise."""
    try:
        row = queries.holding_claims(SYSTEM).filter(pk=UUID(id_)).first()
    except ValueError:
        row = None
    if row is None:
        raise LookupError(id_)
    if what == "prove":
        return f"proven by {actions.prove(claim=row, actor=SYSTEM, now=now(), host=host)}"
    actions.settle_claim(claim=row, approve=what == "approve", because=because, actor=SYSTEM, now=now())
    return f"{row.organization_id} {'holds' if what == 'approve' else 'does not hold'} {row.value}"
