"""Ask organizations a question: from a file to a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import queries as constituency
from tocsin.constituency.queries import Selection
from tocsin.core.cells import inert
from tocsin.project.work import now
from tocsin.roster import documents
from tocsin.roster.reasons import Wrong
from tocsin.surveys import actions, queries
from tocsin.surveys.models import Survey

TEXTS = ("title_vi", "title_en", "text_vi", "text_en", "tlp")
LISTS = ("organizations", "sectors", "criticalities", "facts")


class Refused(Exception):
    """What was asked for cannot be done; the text says why."""


def create(file: Path) -> dict[str, Any]:
    """Write down the survey that a YAML file describes; return it. Raise Refused."""
    try:
        given = documents.from_yaml(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, Wrong) as error:
        raise Refused(f"{file}: {error}") from error
    if not isinstance(given, Mapping):
        raise Refused(f"{file}: a document of names and values")
    try:
        made = actions.draft(wanted=_wanted(given), actor=SYSTEM, now=now())
    except actions.BadSurvey as error:
        raise Refused(f"{file}: {error}") from error
    return show(str(made.pk))


def _wanted(given: Mapping[str, Any]) -> actions.Wanted:
    chosen = given.get("selection") or {}
    asked = given.get("questions")
    if (
        not isinstance(chosen, Mapping)
        or not isinstance(asked, list)
        or not all(isinstance(one, Mapping) for one in asked)
    ):
        raise actions.BadSurvey("questions", "a list of questions, and a selection of names and values")  # fmt: skip
    try:
        due = date.fromisoformat(str(given.get("due_on", "")))
        remind = int(given.get("remind_days", 3))
    except ValueError as error:
        raise actions.BadSurvey("due_on", "a day such as 2027-03-31, and remind_days a number") from error
    lists = {name: tuple(map(str, chosen.get(name) or ())) for name in LISTS}
    return actions.Wanted(
        questions=asked, due_on=due, remind_days=remind,
        selection=Selection(everyone=bool(chosen.get("everyone")), essential=bool(chosen.get("essential")), below=str(chosen.get("below", "")), **lists),
        **{"title_vi": "", "title_en": "", **{name: str(given[name]) for name in TEXTS if name in given}},
    )  # fmt: skip


def facts(label: str) -> list[dict[str, Any]]:
    """Return what was registered of organizations from their answers, or only this."""
    rows = constituency.facts(SYSTEM)
    return [
        {
            "label": row.label, "organization": row.organization_id, "survey": row.survey and str(row.survey), "by": row.by,
            "at": row.at.isoformat(),
        }
        for row in (rows.filter(label=label) if label else rows)
    ]  # fmt: skip


def list_all() -> list[dict[str, Any]]:
    """Return all surveys, newest first."""
    return [_told(row) for row in queries.surveys(SYSTEM)]


def show(id_: str) -> dict[str, Any]:
    """Return a survey: whom it would ask or asked, what the answers come to. Raise LookupError."""
    found = _found(id_)
    figures = queries.figures(SYSTEM, found)
    reached = actions.reached(found, now=now()) if found.is_draft else []
    return {
        **_told(found),
        "recipients": [{"organization": one.organization.pk, "to": [c.email for c in one.contacts][:1]} for one in reached],
        "tallies": [
            {
                "question": one.question.key, "kind": one.question.kind, "n_answered": one.n_answered, "counts": one.counts,
                "sum": one.total, "median": one.median, "least": one.least, "most": one.most,
            }
            for one in figures.tallies
        ],
        "silent": [row.organization_id for row in queries.chosen(SYSTEM, found, silent=True)],
    }  # fmt: skip


def test(id_: str, to: list[str]) -> list[dict[str, str]]:
    """Hand it over to test addresses; return what came of each. Raise LookupError, Refused."""
    try:
        return actions.test(survey=_found(id_), to=to, actor=SYSTEM, now=now())
    except (actions.BadSurvey, actions.NotADraft) as error:
        raise Refused(str(error)) from error


def send(id_: str, *, untested: bool) -> dict[str, Any]:
    """Ask everybody selected, once; return the survey. Raise LookupError, Refused."""
    try:
        actions.send(survey=_found(id_), actor=SYSTEM, now=now(), untested=untested)
    except actions.NotADraft as error:
        raise Refused("it was sent or given up before") from error
    except actions.NotTried as error:
        raise Refused("try it on a test address first: tocsin surveys test ID --to ADDRESS") from error
    except actions.NobodySelected as error:
        raise Refused("no organization is in its selection") from error
    actions.send_mails(now=now())
    return _told(_found(id_))


def close(id_: str) -> dict[str, Any]:
    """Take no answers any more; return the survey. Raise LookupError, Refused."""
    try:
        actions.close(survey=_found(id_), actor=SYSTEM, now=now())
    except actions.NotSent as error:
        raise Refused("it is not open for answers") from error
    return _told(_found(id_))


def answers(id_: str) -> tuple[list[str], list[list[object]]]:
    """Return the answers as a table: heading and rows. Raise LookupError."""
    found = _found(id_)
    rows = queries.table(SYSTEM, found, "vi")
    return rows[0], rows[1]


def as_csv(heading: list[str], rows: list[list[object]]) -> str:
    """Return a table as CSV in which no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([inert(cell) for cell in heading])
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return out.getvalue()


def _found(id_: str) -> Survey:
    try:
        found = queries.surveys(SYSTEM).filter(pk=UUID(id_)).first()
    except ValueError:
        found = None
    if found is None:
        raise LookupError(id_)
    return found


def _told(row: Survey) -> dict[str, Any]:
    return {
        "id": str(row.pk), "state": row.state, "title_vi": row.title_vi, "title_en": row.title_en, "tlp": row.tlp, "due_on": row.due_on.isoformat(),
        "questions": row.questions, "selection": row.selection, "made_by": row.made_by, "made_at": row.made_at.isoformat(), "sent_by": row.sent_by,
        "sent_at": row.sent_at and row.sent_at.isoformat(), "closed_at": row.closed_at and row.closed_at.isoformat(),
        **{name: getattr(row, name) for name in ("n_asked", "n_answered")},
    }  # fmt: skip
