"""Taking in organizations by the rules of a file, for one and for all."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.utils.translation import gettext

from tocsin import roster
from tocsin.base.api.door import Call
from tocsin.base.api.problems import INVALID, Problem
from tocsin.constituency import actions, queries
from tocsin.constituency.rules.difference import Difference, result
from tocsin.constituency.rules.review import review


def imported(
    request: Call, content: bytes, as_of: date | None, *, complete: bool = False, dry_run: bool
) -> tuple[Difference, list[dict[str, Any]]]:
    """Import a file, or tell what that would do; return the difference and what is held twice then. Raise Problem."""
    known, _ignored = queries.as_values(request.viewer)
    read = roster.parse(content, "body.json", known={o.id: o.parent for o in known})
    if read.errors:
        wrong = [{"pointer": _pointer(error.place), "detail": error.reason} for error in read.errors[:50]]
        raise Problem(INVALID, gettext("Nothing was imported."), errors=wrong)
    try:
        found = actions.import_all(
            organizations=read.organizations,
            ignored=read.ignored,
            actor=request.viewer,
            now=datetime.now(UTC),
            as_of=as_of,
            complete=complete,
            dry_run=dry_run,
            source={"api": request.caller.name},
        )
    except (actions.NoSuchParent, actions.AboveItself) as error:
        broken = {
            "pointer": f"body/organizations/{error}",
            "detail": gettext("The tree of organizations is broken here."),
        }
        raise Problem(INVALID, gettext("Nothing was imported."), errors=[broken]) from error
    return found, [
        {"value": remark.value, "one": remark.organization, "other": remark.other}
        for remark in review(result(known, found), on=datetime.now(UTC).date())
        if remark.code == "held-twice"
    ]


def _pointer(place: str) -> str:
    """Return `body/organizations/0/networks/1` for `body.json organizations[0].networks[1]`."""
    path = place.partition(" ")[2].replace("[", "/").replace("]", "").replace(".", "/")
    return f"body/{path}" if path else "body"
