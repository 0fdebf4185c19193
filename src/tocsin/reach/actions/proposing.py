"""Changes of contacts that an organization asks for and the team decides; the difference is kept with the decision."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.constituency import actions as constituency
from tocsin.constituency.models import Contact, ContactState, Organization
from tocsin.core import constituency as plain
from tocsin.reach.actions.calling import verify_address
from tocsin.reach.models import Proposal
from tocsin.roster import values
from tocsin.roster.reasons import Wrong

AT_MOST = 20
"""Proposals of an organization that may wait at once."""
FIELDS = ("name", "email", "phone", "roles", "language")


class BadProposal(ValueError):
    """It proposes nothing, or something that cannot be; the text says why."""


class AlreadyDecided(Exception):
    """Somebody of the team has decided."""


@transaction.atomic
def propose(
    *, organization: Organization, what: str, contact: Contact | None, after: dict[str, Any], by: str, means: str, now: datetime, note: str = ""
) -> Proposal:  # fmt: skip
    """Ask for a change; the caller has made sure that whoever asks speaks for the organization. Raise BadProposal."""
    if Proposal.objects.filter(organization=organization, state=Proposal.State.ASKED).count() >= AT_MOST:
        raise BadProposal("enough proposals wait already: the team looks at them first")
    before = _fields(contact.plain()) if contact is not None else {}
    wanted = {} if what == Proposal.What.END else _checked({**before, **after})
    if (what == Proposal.What.ADD) != (contact is None) or what not in Proposal.What.values:
        raise BadProposal("say which contact")
    if what == Proposal.What.CHANGE and wanted == before:
        raise BadProposal("nothing differs from what is known")
    return Proposal.objects.create(
        organization=organization, contact=contact, what=what, before=before, after=wanted, note=note.replace("\0", "").strip()[:1000],
        by=by, means=means, at=now,
    )  # fmt: skip


def _fields(contact: plain.Contact) -> dict[str, Any]:
    return {name: value for name, value in asdict(contact).items() if name in FIELDS} | {"roles": list(contact.roles)}


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields as files have them. Raise BadProposal."""
    try:
        return {
            "name": values.text(str(given.get("name", "")), values.LIMITS["contact"]),
            "email": values.email(str(given.get("email", ""))),
            "phone": values.text(str(given.get("phone", "")), values.LIMITS["phone"]),
            "roles": [values.role(role) for role in given.get("roles", ())],
            "language": values.language(str(given.get("language", ""))),
        }
    except Wrong as wrong:
        raise BadProposal(str(wrong)) from wrong


@transaction.atomic
def decide_proposal(*, proposal: Proposal, approve: bool, because: str, actor: Viewer, now: datetime) -> None:
    """Approve or refuse. A new address is told only once it confirmed itself; until then the one before is.

    Raise AlreadyDecided, NotAllowed, and HeldAlready of the constituency when the same contact is there.
    """
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    row = Proposal.objects.select_for_update(of=("self",)).select_related("organization", "contact").get(pk=proposal.pk)
    if row.state != Proposal.State.ASKED:
        raise AlreadyDecided
    row.state = Proposal.State.APPROVED if approve else Proposal.State.REFUSED
    row.decided_by, row.decided_at, row.decided_because = actor.email, now, because.strip()[:1000]
    row.save(update_fields=["state", "decided_by", "decided_at", "decided_because"])
    if approve:
        _apply(row, actor, now)
    detail = {
        "organization": row.organization_id, "what": row.what, "before": row.before, "after": row.after, "by": row.by, "because": row.decided_because,
    }  # fmt: skip
    action = "proposal-approved" if approve else "proposal-refused"
    audit.record(actor=actor, action=action, object_kind="proposal", object_id=str(row.pk), now=now, detail=detail)


def _apply(row: Proposal, actor: Viewer, now: datetime) -> None:
    today = now.date()
    if row.what == Proposal.What.END:
        if row.contact is not None:
            last = max(row.contact.valid_from or today, today - timedelta(days=1))
            item = replace(row.contact.plain(), valid_to=last)
            constituency.change_item(row=row.contact, item=item, actor=actor, now=now)
        return
    after = {**row.after, "roles": tuple(row.after["roles"])}
    if row.contact is not None and row.contact.email.lower() == str(after["email"]).lower():
        constituency.change_item(row=row.contact, item=replace(row.contact.plain(), **after), actor=actor, now=now)
        return
    item = plain.Contact(**after, valid_from=today if row.contact is not None else None)
    made = constituency.hold(organization=row.organization, item=item, actor=actor, now=now)
    assert isinstance(made, Contact)
    constituency.set_contact_state(
        contact=made, state=ContactState.UNVERIFIED, because="proposed by the organization", actor=actor, now=now
    )
    verify_address(contact=made, replaces=row.contact, now=now)
