"""What people type of escalation plans, working time and duty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import dates
from django.utils.translation import gettext_lazy as _

from tocsin.base.web.words import WORDS
from tocsin.core.severity import SEVERITIES
from tocsin.notices import escalation, words
from tocsin.notices.actions.following import Week
from tocsin.notices.hours import Calendar
from tocsin.notices.models import WorkCalendar
from tocsin.notices.rules import GRAVEST

_SEVERITIES = [(severity, WORDS[severity]) for severity in SEVERITIES]
_FOR = {
    "label": _("Organization"), "required": False, "max_length": 100, "help_text": _("Its identifier; empty: all organizations."),
}  # fmt: skip


def _place() -> forms.CharField:
    attrs = {"list": "organizations", "autocomplete": "off", "spellcheck": "false"}
    return forms.CharField(widget=forms.TextInput(attrs=attrs), **_FOR)  # type: ignore[arg-type]


class PlanForm(forms.Form):
    """Of whom and of which severity a plan is, and how strictly its instants are taken."""

    organization = _place()
    severity = forms.ChoiceField(label=_("Severity"), choices=_SEVERITIES)
    in_working_time = forms.BooleanField(
        label=_("Steps wait for working time"), required=False, help_text=_("Without it they are done at night and on days off too.")
    )  # fmt: skip
    grace_minutes = forms.IntegerField(
        label=_("Minutes after which a step counts as missed"), min_value=0, max_value=10_080, help_text=_("It is still done then, and an alarm says so."),
    )  # fmt: skip
    note = forms.CharField(label=_("Why it is so"), required=False, max_length=300)


class StepForm(forms.Form):
    """A step of a plan; one without a number is none."""

    after = forms.IntegerField(label=_("After"), min_value=1, max_value=10_000, required=False)
    unit = forms.ChoiceField(label=_("Unit"), choices=list(words.UNITS.items()), initial="hours")
    whom = forms.ChoiceField(label=_("Who is told"), choices=list(words.WHOM.items()))
    channel = forms.ChoiceField(label=_("By which way"), choices=list(words.CHANNELS.items()))


def step_forms(data: Any, steps: Sequence[escalation.Step]) -> list[StepForm]:
    """Return a form for each step there may be, those of the plan filled in."""
    kept = [{"after": one.after, "unit": one.unit, "whom": one.whom, "channel": one.channel} for one in steps]
    return [
        StepForm(data, prefix=f"step-{place + 1}", label_suffix="", initial=kept[place] if place < len(kept) else None)
        for place in range(escalation.MOST_STEPS)
    ]


def typed(found: Sequence[StepForm]) -> list[escalation.Step]:
    """Return the steps that were typed, in their order."""
    given = [form.cleaned_data for form in found if form.cleaned_data.get("after")]
    return [escalation.Step(one["after"], one["unit"], one["whom"], one["channel"]) for one in given]


class WeekForm(forms.Form):
    """When somebody works, and when only the gravest may ring."""

    organization = _place()
    country = forms.CharField(
        label=_("Public holidays of"), max_length=2, required=False, help_text=_("Two letters of ISO 3166, such as VN; empty: none.")
    )  # fmt: skip
    subdivision = forms.CharField(label=_("Part of the country"), max_length=8, required=False)
    zone = forms.CharField(label=_("Time zone"), max_length=64)
    workdays = forms.TypedMultipleChoiceField(
        label=_("Working days"), coerce=int, choices=list(dates.WEEKDAYS.items()), widget=forms.CheckboxSelectMultiple
    )
    opens = forms.TimeField(label=_("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    closes = forms.TimeField(label=_("Until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    quiet_from = forms.TimeField(
        label=_("Quiet from"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    quiet_until = forms.TimeField(
        label=_("Quiet until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    quiet_for = forms.MultipleChoiceField(
        label=_("What waits for the end of quiet hours"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[pair for pair in _SEVERITIES if pair[0] != GRAVEST], help_text=_("The gravest never waits."),
    )  # fmt: skip

    def week(self) -> Week:
        """Return what was typed."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "organization"}
        return Week(
            **given | {"country": given["country"].strip().upper(), "subdivision": given["subdivision"].strip()}
        )


def week_of(row: WorkCalendar | None, holds: Calendar) -> dict[str, Any]:
    """Return what the form shows at first: a calendar, or the one that holds."""
    names = ("country", "subdivision", "zone", "workdays", "opens", "closes", "quiet_from", "quiet_until", "quiet_for")
    found = {name: getattr(row or holds, name) for name in names}
    if found["quiet_from"] == found["quiet_until"]:
        found |= {"quiet_from": None, "quiet_until": None}
    return {"organization": (row.organization_id or "") if row else "", **found}


class DaysForm(forms.Form):
    """Days that are worked or not, whatever the law says."""

    name = forms.CharField(label=_("What these days are"), max_length=200)
    first_on = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last_on = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    works = forms.BooleanField(label=_("They are worked, though they would be off"), required=False)
    organization = _place()


class OfficerForm(forms.Form):
    """Somebody of the team, from when to when."""

    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    language = forms.ChoiceField(label=_("Language"), choices=[("vi", "Tiếng Việt"), ("en", "English")])
    begins_at = forms.DateTimeField(
        label=_("On duty from"), required=False, help_text=_("Empty: from now on."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    ends_at = forms.DateTimeField(
        label=_("Until"), required=False, help_text=_("Empty: until somebody takes them off."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
