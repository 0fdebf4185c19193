"""What the views of the constituency share: who looks, and words for rows and changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tocsin.base.audit.models import AuditEntry
from tocsin.base.tenancy import Viewer
from tocsin.base.texts import collated
from tocsin.base.web.templatetags.kit import exact
from tocsin.base.web.views import signed_in
from tocsin.constituency import queries, words
from tocsin.constituency.models import Criticality, Organization
from tocsin.constituency.rules.difference import ATTRIBUTES, Change, ItemChange
from tocsin.constituency.rules.review import Remark
from tocsin.constituency.templatetags.constituents import stretch
from tocsin.core import constituency as plain

viewing = signed_in(queries.viewer_of)


def writers_only(viewer: Viewer) -> None:
    """Answer 404 to whoever may not change the constituency: the page does not exist for them."""
    if not viewer.may_write or not viewer.sees_everything:
        raise Http404


def language() -> str:
    """Return the reader's language."""
    return "en" if (get_language() or "vi").startswith("en") else "vi"


def names_of(viewer: Viewer, ids: Iterable[str]) -> dict[str, str]:
    """Return the names of organizations in the reader's language."""
    wanted = sorted(set(ids) - {""})
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        rows = queries.organizations(viewer).filter(pk__in=wanted[start : start + 500])
        found |= {row.pk: row.name_in(language()) for row in rows}
    return found


def collated_name(organization: Organization) -> tuple[Any, ...]:
    """Return the key by which organizations stand in the order of their names."""
    return collated(organization.name_in(language()))


def days(valid_from: object, valid_to: object) -> str:
    """Return a stretch of days as people say it; days may come as texts from the audit trail."""
    return stretch(_as_day(valid_from), _as_day(valid_to))


def _as_day(value: object) -> date | None:
    if isinstance(value, str):
        return date.fromisoformat(value)
    return value if isinstance(value, date) else None


@dataclass(frozen=True, slots=True)
class Line:
    """What happened, or would happen, to one row, in words."""

    what: str
    label: object
    kind: object
    value: str
    days: str
    facts: tuple[tuple[object, str, str], ...] = ()
    """Other fields that differ: label, before, after."""


def line(what: str, kind: str, value: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> Line:
    """Return a change of a row in words, from its fields before and after."""
    now = after or before or {}
    facts = []
    if before and after:
        for key in dict.fromkeys((*before, *after)):
            # Of a row that ends, its days are said beside it.
            if before.get(key) != after.get(key) and not (what == "closed" and key == "valid_to"):
                facts.append(_fact(key, before.get(key), after.get(key)))
    return Line(
        what,
        words.WHAT.get(what, what),
        words.KINDS.get(kind, kind),
        value,
        days(now.get("valid_from"), now.get("valid_to")),
        tuple(facts),
    )


def fields_line(change: Change) -> tuple[tuple[object, str, str], ...]:
    """Return the fields of an organization that would change: label, before, after."""
    before = change.before or plain.Organization(change.organization)
    pairs = ((name, getattr(before, name), getattr(change.after, name)) for name in ATTRIBUTES)
    return tuple(_fact(name, old, new) for name, old, new in pairs if old != new)


def item_line(change: ItemChange) -> Line:
    """Return a change of a preview in words."""
    return line(change.what, change.kind, change.value, _fields(change.before), _fields(change.after))


def _fields(item: Any) -> dict[str, Any] | None:
    if item is None:
        return None
    return {
        name: getattr(item, name) for name in type(item).__dataclass_fields__ if getattr(item, name) not in {None, ""}
    }


def _fact(key: str, old: object, new: object) -> tuple[object, str, str]:
    """Return a field that differs: its label, before (nothing when there was nothing), after."""
    return words.FIELDS.get(key, key), "" if old is None or old == "" else _said(key, old), _said(key, new)


def _said(key: str, value: object) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple):
        return ", ".join(str(words.ROLES.get(part, part)) for part in value) or "–"
    if key in {"valid_from", "valid_to"}:
        return exact(day) if (day := _as_day(value)) else "–"
    if key == "sector":
        return str(words.SECTORS.get(str(value), value))
    if key == "criticality":
        return str(dict(Criticality.choices).get(str(value), value))
    return str(value)


@dataclass(frozen=True, slots=True)
class Act:
    """An entry of an organization's history, in words."""

    at: object
    by: str
    fields: tuple[tuple[object, str, str], ...]
    lines: tuple[Line, ...]
    source: str


def acts(viewer: Viewer, entries: Sequence[AuditEntry]) -> list[Act]:
    """Return what was done, newest first; a contact is not told who of the team did it."""
    found = []
    for entry in entries:
        fields = dict(entry.detail.get("fields", {}))
        # Who stands above may be a stranger to a contact.
        if not all(
            viewer.sees_everything or id_ in (viewer.organization_ids or ()) for id_ in fields.get("parent", ()) if id_
        ):
            del fields["parent"]
        found.append(
            Act(
                entry.at,
                entry.actor_email if viewer.sees_everything or entry.actor_email == viewer.email else _("the team"),
                tuple(_fact(key, old, new) for key, (old, new) in fields.items()),
                tuple(
                    line(item["what"], item["kind"], item["value"], item["before"], item["after"])
                    for item in entry.detail.get("items", [])
                ),
                str(entry.detail.get("source", {}).get("name", "")),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """A remark in words."""

    remark: Remark
    sentence: str
    days: str


def remarks_said(viewer: Viewer, remarks: Sequence[Remark], named: Mapping[str, str] | None = None) -> list[Said]:
    """Return remarks in the reader's language, organizations by their names; `named` are those not there yet."""
    names = {**names_of(viewer, (id_ for r in remarks for id_ in (r.organization, r.other))), **(named or {})}
    return [Said(r, words.remark(r, names), days(r.from_day, r.to_day)) for r in remarks]
