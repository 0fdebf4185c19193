"""One warning to many at once: draft, look, try, send."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

from tocsin.base.tenancy import SYSTEM
from tocsin.constituency.queries import Selection
from tocsin.notices import queries
from tocsin.notices.actions import emergencies
from tocsin.notices.models import Emergency
from tocsin.project.work import now


class Refused(Exception):
    """What was asked for cannot be done; the text says why."""


def draft(*, selection: dict[str, Any], **given: Any) -> dict[str, Any]:
    """Write one down; return it. Raise Refused."""
    known = {field.name for field in fields(Selection)}
    chosen = Selection(**{name: value for name, value in selection.items() if name in known})
    try:
        made = emergencies.draft(wanted=emergencies.Wanted(selection=chosen, **given), actor=SYSTEM, now=now())
    except emergencies.BadEmergency as error:
        raise Refused(str(error)) from error
    return _told(_found(str(made.pk)))


def list_all() -> list[dict[str, Any]]:
    """Return all, newest first."""
    return [_told(row) for row in queries.emergencies(SYSTEM)]


def preview(id_: str) -> dict[str, Any]:
    """Return what it says in both languages, and who gets it. Raise LookupError."""
    found = _found(id_)
    instant = now()
    return {
        **_told(found),
        "mails": {
            language: {"subject": mail.subject, "text": mail.text}
            for language in ("vi", "en")
            for mail in [emergencies.rendered(found, language, now=instant)]
        },
        "recipients": [
            {
                "organization": one.organization.pk,
                "to": [{"email": to.email, "name": to.name, "language": to.language} for to in one.recipients],
            }
            for one in emergencies.reached(found, now=instant)
        ],
    }


def test(id_: str, to: list[str]) -> list[dict[str, str]]:
    """Hand it over to test addresses; return what came of each. Raise LookupError, Refused."""
    try:
        return emergencies.test(emergency=_found(id_), to=to, actor=SYSTEM, now=now())
    except (emergencies.BadEmergency, emergencies.NotADraft) as error:
        raise Refused(str(error) or type(error).__name__) from error


def send(id_: str, *, untested: bool) -> dict[str, Any]:
    """Let it go; return what goes out. Raise LookupError, Refused."""
    found = _found(id_)
    try:
        made = emergencies.send(emergency=found, actor=SYSTEM, now=now(), untested=untested)
    except emergencies.NotADraft as error:
        raise Refused("it was sent or dropped before") from error
    except emergencies.NotTested as error:
        raise Refused("try it on a test address first: tocsin emergency test ID --to ADDRESS") from error
    except emergencies.NobodySelected as error:
        raise Refused("no organization is in its selection") from error
    return {**_told(_found(id_)), "notices": [row.reference for row in made]}


def drop(id_: str) -> None:
    """Give a draft up. Raise LookupError, Refused."""
    try:
        emergencies.drop(emergency=_found(id_), actor=SYSTEM, now=now())
    except emergencies.NotADraft as error:
        raise Refused("it was sent or dropped before") from error


def _found(id_: str) -> Emergency:
    try:
        found = queries.emergencies(SYSTEM).filter(pk=UUID(id_)).first()
    except ValueError:
        found = None
    if found is None:
        raise LookupError(id_)
    return found


def _told(row: Emergency) -> dict[str, Any]:
    counted = ("n_organizations", "n_sent", "n_unreached", "n_answered")
    return {
        "id": str(row.pk), "state": row.state, "title_vi": row.title_vi, "title_en": row.title_en, "severity": row.severity, "tlp": row.tlp,
        "selection": row.selection, "made_by": row.made_by, "made_at": row.made_at.isoformat(), "tests": row.tests,
        "sent_by": row.sent_by, "sent_at": row.sent_at and row.sent_at.isoformat(), **{name: getattr(row, name) for name in counted},
    }  # fmt: skip
