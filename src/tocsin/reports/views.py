"""Pages of figures, for the head of the team and leaders; a contact sees the figures of their own organization."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.base.tenancy import NotAllowed
from tocsin.base.web import pictures
from tocsin.base.web.views import signed_in, team_only
from tocsin.constituency import queries as constituency
from tocsin.reports import actions, queries

viewing = signed_in(constituency.viewer_of)


@viewing
def figures(request: HttpRequest) -> HttpResponse:
    """Show whether warning works in a period: for leaders, and for whoever reports to them."""
    viewer = request.viewer  # type: ignore[attr-defined]
    now = datetime.now(UTC)
    begins_on, ends_on = _period(request, timezone.localtime(now).date())
    found = queries.loop(viewer, begins_on=begins_on, ends_on=ends_on, now=now)
    names = {organization.pk: organization for organization in constituency.organizations(viewer)}
    context = {
        **shown(found, ends_on - begins_on),
        "begins_on": begins_on,
        "ends_on": ends_on,
        "as_of": datetime.fromisoformat(found["as_of"]),
        "organizations": [(names.get(pk), row) for pk, row in found["by_organization"].items() if pk in names],
        "snapshots": queries.snapshots(viewer)[:50],
        "is_over": datetime.fromisoformat(found["as_of"]) < now,
        "presets": _presets(timezone.localtime(now).date()),
    }
    return render(request, "reports/figures.html", context)


@viewing
@require_POST
def freeze(request: HttpRequest) -> HttpResponse:
    """Freeze the figures of the period that the page shows."""
    viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    now = datetime.now(UTC)
    begins_on, ends_on = _period(request, timezone.localtime(now).date())
    try:
        made = actions.freeze(begins_on=begins_on, ends_on=ends_on, actor=viewer, now=now)
    except NotAllowed:
        messages.error(request, _("Your role may not freeze figures."))
    except actions.PeriodNotOver:
        messages.error(request, _("The period is not over: figures that are frozen must not grow any more."))
    except ValueError:
        messages.error(
            request, _("This period was frozen before. The command line takes a correction, with its reason.")
        )
    else:
        return redirect("snapshot", id_=made.pk)
    return redirect("figures")


@viewing
def snapshot(request: HttpRequest, id_: UUID) -> HttpResponse:
    """Show figures as they were frozen: for whoever asks again next year."""
    viewer = request.viewer  # type: ignore[attr-defined]
    row = get_object_or_404(queries.snapshots(viewer), pk=id_)
    context = {
        **shown(row.figures, row.ends_on - row.begins_on),
        "snapshot": row,
        "as_of": row.as_of,
        "is_whole": actions.checksum(row.figures) == row.sha256,
        "correction": row.corrections.first(),
    }
    return render(request, "reports/snapshot.html", context)


def shown(found: dict[str, Any], length: timedelta) -> dict[str, Any]:
    """Return what both pages show of figures."""
    return {
        "total": found["total"],
        "severities": list(found["by_severity"].items()),
        "sectors": [(name or "–", row) for name, row in found["by_sector"].items()],
        "kinds": list(found["by_kind"].items()),
        "waits": [
            (_("until the owner answered"), found["to_acknowledge"], _curve(found["to_acknowledge"], length)),
            (_("until sensors confirmed that it is gone"), found["to_verify"], _curve(found["to_verify"], length)),
        ],
        "goals": [
            (_("of all warnings resolved"), found["goals"]["all"], found["total"]["resolved_share"]),
            (
                _("of the gravest resolved"),
                found["goals"]["critical"],
                found["by_severity"].get("critical", {}).get("resolved_share"),
            ),
        ],
    }


def _curve(waiting: dict[str, Any], length: timedelta) -> SafeString | str:
    if not waiting["n"]:
        return ""
    title = _("Share still open by days since the warning, with 95 % limits")
    return pictures.survival([tuple(row) for row in waiting["curve"]], title, days=max(1, length.days + 1))


def _period(request: HttpRequest, today: date) -> tuple[date, date]:
    given = request.POST if request.method == "POST" else request.GET
    try:
        begins_on, ends_on = date.fromisoformat(given.get("from", "")), date.fromisoformat(given.get("to", ""))
    except ValueError:
        return today.replace(day=1), today
    return min(begins_on, ends_on), max(begins_on, ends_on)


def _presets(today: date) -> list[tuple[str, date, date]]:
    first = today.replace(day=1)
    last_month = first - timedelta(days=1)
    return [
        (_("This month"), first, today),
        (_("Last month"), last_month.replace(day=1), last_month),
        (_("This year"), today.replace(month=1, day=1), today),
        (_("Last year"), date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    ]
