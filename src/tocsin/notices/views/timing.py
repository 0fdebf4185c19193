"""Pages about time and people: who is told next while nobody answers, when people work, who of the team is on duty.

The team looks; an administrator changes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import dates, timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.base.tenancy import Role, Viewer
from tocsin.base.web.views import signed_in, team_only
from tocsin.constituency import queries as constituency
from tocsin.core.severity import SEVERITIES
from tocsin.notices import actions, escalation, forms, hours, queries
from tocsin.notices.actions import following as doing
from tocsin.notices.hours import Calendar
from tocsin.notices.models import EscalationPlan

viewing = signed_in(constituency.viewer_of)
OFFERED = 500
"""Organizations that a field suggests."""
AHEAD = timedelta(days=28)
"""How far ahead the page looks for a time in which nobody is on duty."""


def _administers(viewer: Viewer) -> bool:
    return viewer.role is Role.ADMINISTRATOR


def _only_administrators(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    if not _administers(viewer):
        raise Http404
    return viewer


def _offers(viewer: Viewer) -> dict[str, Any]:
    return {"organizations": list(constituency.organizations(viewer).values_list("pk", flat=True)[:OFFERED])}


@viewing
def plans(request: HttpRequest) -> HttpResponse:
    """For the team: whom each severity's plan tells next while nobody answers, and when."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    rows = list(queries.plan_rows(viewer))
    every = queries.following(viewer)
    general = {row.severity: row for row in rows if row.organization_id is None}
    shown = [(name, general.get(name), every.plan("", name)) for name in SEVERITIES]
    own = [(row, every.plan(row.organization_id or "", row.severity)) for row in rows if row.organization_id]
    context = {"plans": shown, "own": own, "administers": _administers(viewer)}
    return render(request, "notices/plans.html", context)


@viewing
def plan(request: HttpRequest, id_: int | None = None) -> HttpResponse:
    """For an administrator: make a plan, of all organizations or of one, or change one."""
    viewer = _only_administrators(request)
    found = get_object_or_404(queries.plan_rows(viewer), pk=id_) if id_ is not None else None
    begins = _begins(viewer, found, request)
    form = forms.PlanForm(request.POST or None, initial=begins[0], label_suffix="")
    if found is not None:
        for name in ("organization", "severity"):
            form.fields[name].disabled = True
    steps = forms.step_forms(request.POST or None, begins[1].steps)
    if request.method == "POST" and form.is_valid() and not [one for one in steps if not one.is_valid()]:
        given = form.cleaned_data
        try:
            doing.set_plan(
                organization_id=given["organization"].strip(), severity=given["severity"], steps=forms.typed(steps), actor=viewer, now=datetime.now(UTC),
                in_working_time=given["in_working_time"], grace_minutes=given["grace_minutes"], note=given["note"],
            )  # fmt: skip
        except actions.NoSuchOrganization:
            form.add_error("organization", _("There is no such organization."))
        except escalation.BadPlan:
            form.add_error(None, _("A letter goes to the organization itself; the duty officer is told by mail."))
        else:
            messages.success(request, _("The plan holds for what goes out from now on."))
            return redirect("plans")
    context = {"form": form, "steps": steps, "plan": found, "n_open": len(begins[1].steps) + 1, **_offers(viewer)}
    return render(request, "notices/plan.html", context, status=400 if request.method == "POST" else 200)


def _begins(
    viewer: Viewer, found: EscalationPlan | None, request: HttpRequest
) -> tuple[dict[str, Any], escalation.Plan]:  # fmt: skip
    severity = found.severity if found else request.GET.get("severity", "")
    severity = severity if severity in SEVERITIES else "critical"
    organization = (found.organization_id or "") if found else request.GET.get("organization", "")
    holds = queries.following(viewer).plan(organization, severity)
    values = {
        "organization": organization, "severity": severity, "in_working_time": holds.in_working_time, "note": found.note if found else "",
        "grace_minutes": int(holds.grace.total_seconds() // 60),
    }  # fmt: skip
    return values, holds


@viewing
@require_POST
def plan_removal(request: HttpRequest, id_: int) -> HttpResponse:
    """For an administrator: remove a plan; the general one, or what is shipped, holds again."""
    viewer = _only_administrators(request)
    found = get_object_or_404(queries.plan_rows(viewer), pk=id_)
    doing.remove_plan(plan=found, actor=viewer, now=datetime.now(UTC))
    messages.success(request, _("The plan is gone; the general one, or what is shipped, holds again."))
    return redirect("plans")


@viewing
def calendar(request: HttpRequest) -> HttpResponse:
    """For the team: when it is worked, which days are off and why; an administrator adds days."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    now = datetime.now(UTC)
    form = forms.DaysForm(request.POST or None, label_suffix="")
    if request.method == "POST":
        _only_administrators(request)
        if form.is_valid():
            given = form.cleaned_data
            try:
                doing.add_days(**_placed(given), actor=viewer, now=now)
            except actions.NoSuchOrganization:
                form.add_error("organization", _("There is no such organization."))
            except doing.BadCalendar as error:
                form.add_error(error.field, _("The last day is not before the first, and within a year of it."))
            else:
                messages.success(request, _("Steps and reminders that are timed from now on obey it."))
                return redirect("calendar")
    holds = queries.following(viewer).general
    local = holds.local(now)
    context = {
        "holds": holds,
        "workdays": [dates.WEEKDAYS[day] for day in holds.workdays],
        "works_now": holds.open_at(now) == now,
        "opens_at": holds.open_at(now),
        "has_quiet": holds.quiet_from != holds.quiet_until,
        "days": _days(holds, local.date()),
        "own": queries.calendar_rows(viewer).exclude(organization=None),
        "extra": queries.calendar_days(viewer, since=local.date()),
        "form": form if _administers(viewer) else None,
        "administers": _administers(viewer),
        **_offers(viewer),
    }
    return render(request, "notices/calendar.html", context, status=400 if form.errors else 200)


def _placed(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "organization"} | {
        "organization_id": given["organization"].strip()
    }


def _days(holds: Calendar, since: date) -> list[tuple[date, str, bool]]:
    """Return the days of this year and the next that are not as the week has them: what each is, and whether it is worked."""
    language = {"vi": "vi", "en": "en_US"}[get_language() or "vi"]
    found = []
    for year in (since.year, since.year + 1):
        names = hours.named_days_off(holds.country, holds.subdivision, year, language)
        _off, on = hours.days_off(holds.country, holds.subdivision, year)
        days = {day: (name, False) for day, name in names.items()}
        days |= dict.fromkeys(on, (pgettext("calendar", "worked for a day off"), True))
        for one in holds.extra:
            span = range((one.last_on - one.first_on).days + 1)
            days |= {one.first_on + timedelta(days=n): (one.name, one.works) for n in span if (one.first_on + timedelta(days=n)).year == year}  # fmt: skip
        found += [(day, *what) for day, what in sorted(days.items()) if day >= since]
    return found


@viewing
def week(request: HttpRequest, id_: int | None = None) -> HttpResponse:
    """For an administrator: say when it is worked, by the installation or by one organization."""
    viewer = _only_administrators(request)
    rows = queries.calendar_rows(viewer)
    found = get_object_or_404(rows, pk=id_) if id_ is not None else None
    # Without a name it is the installation's own that is changed.
    kept = found or rows.filter(organization=None).first()
    begins = forms.week_of(kept, queries.following(viewer).general)
    form = forms.WeekForm(request.POST or None, initial=begins, label_suffix="")
    if found is not None:
        form.fields["organization"].disabled = True
    if request.method == "POST" and form.is_valid():
        organization = form.cleaned_data["organization"].strip()
        try:
            doing.set_calendar(organization_id=organization, week=form.week(), actor=viewer, now=datetime.now(UTC))
        except actions.NoSuchOrganization:
            form.add_error("organization", _("There is no such organization."))
        except doing.BadCalendar as error:
            form.add_error(error.field, _wrong(error.field))
        else:
            messages.success(request, _("Steps and reminders that are timed from now on obey it."))
            return redirect("calendar")
    context = {"form": form, "calendar": found, **_offers(viewer)}
    return render(request, "notices/week.html", context, status=400 if form.errors else 200)


def _wrong(field: str) -> str:
    return {
        "country": _("The holidays of this country are not known."),
        "zone": _("There is no such time zone; such as Asia/Ho_Chi_Minh."),
        "closes": _("It ends after it begins."),
        "quiet_until": _("Give both ends of the quiet hours, or none."),
    }.get(field, _("Please look at what you typed."))


@viewing
@require_POST
def week_removal(request: HttpRequest, id_: int) -> HttpResponse:
    """For an administrator: forget an organization's calendar; the installation's holds."""
    viewer = _only_administrators(request)
    found = get_object_or_404(queries.calendar_rows(viewer), pk=id_)
    doing.remove_calendar(calendar=found, actor=viewer, now=datetime.now(UTC))
    messages.success(request, _("The calendar is gone; that of the installation holds."))
    return redirect("calendar")


@viewing
@require_POST
def days_removal(request: HttpRequest, id_: int) -> HttpResponse:
    """For an administrator: take extra days back."""
    viewer = _only_administrators(request)
    found = get_object_or_404(queries.calendar_days(viewer), pk=id_)
    doing.remove_days(days=found, actor=viewer, now=datetime.now(UTC))
    messages.success(request, _("These days are as the law and the week have them."))
    return redirect("calendar")


@viewing
def duty(request: HttpRequest) -> HttpResponse:
    """For the team: who is on duty now and in the weeks to come, and when nobody is; an administrator names people."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    team_only(viewer)
    now = datetime.now(UTC)
    form = forms.OfficerForm(request.POST or None, label_suffix="", initial={"language": get_language() or "vi"})
    if request.method == "POST":
        _only_administrators(request)
        if form.is_valid():
            try:
                doing.put_on_duty(**form.cleaned_data, actor=viewer, now=now)
            except doing.BadCalendar as error:
                form.add_error(error.field, _("It ends after it begins."))
            else:
                messages.success(request, _("They are told of what nobody answers while they are on duty."))
                return redirect("duty")
    rows = list(queries.duty_officers(viewer))
    present = [row for row in rows if (row.begins_at or now) <= now and (row.ends_at is None or row.ends_at > now)]
    context = {
        "present": present,
        "coming": [row for row in rows if row.begins_at is not None and row.begins_at > now],
        "over": [row for row in rows if row.ends_at is not None and row.ends_at <= now][-20:],
        "gaps": hours.uncovered([(row.begins_at, row.ends_at) for row in rows if row.ends_at is None or row.ends_at > now], now, now + AHEAD),
        "until": timezone.localtime(now + AHEAD).date(),
        "form": form if _administers(viewer) else None,
        "administers": _administers(viewer),
    }  # fmt: skip
    return render(request, "notices/duty.html", context, status=400 if form.errors else 200)


@viewing
@require_POST
def duty_removal(request: HttpRequest, id_: int) -> HttpResponse:
    """For an administrator: take somebody off duty."""
    viewer = _only_administrators(request)
    found = get_object_or_404(queries.duty_officers(viewer), pk=id_)
    doing.take_off_duty(officer=found, actor=viewer, now=datetime.now(UTC))
    messages.success(request, _("They are on duty no more."))
    return redirect("duty")
