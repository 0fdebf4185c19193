"""Forms of the rules of warning: a policy, a silence."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tocsin.base.web.words import WORDS
from tocsin.core import tlp
from tocsin.core.severity import SEVERITIES
from tocsin.notices import rules
from tocsin.notices.actions import Wanted
from tocsin.notices.models import Policy

_SEVERITIES = [(severity, WORDS[severity]) for severity in SEVERITIES]


class Place(forms.Form):
    """For whom and what a rule is."""

    organization = forms.CharField(
        label=_("Organization"),
        required=False,
        max_length=100,
        help_text=_("Its identifier; empty: all organizations."),
        widget=forms.TextInput(attrs={"list": "organizations", "autocomplete": "off", "spellcheck": "false"}),
    )
    kind = forms.CharField(
        label=_("Kind"),
        required=False,
        max_length=200,
        help_text=_("A kind, or an RSIT type for all kinds of that type; empty: all kinds."),
        widget=forms.TextInput(attrs={"list": "kinds", "autocomplete": "off", "spellcheck": "false"}),
    )


class PolicyForm(Place):
    """How to warn."""

    needs_approval = forms.BooleanField(
        label=_("Every notice waits for an approver"),
        required=False,
        help_text=_("Without it notices go out by themselves."),
    )
    grouping = forms.ChoiceField(label=_("What shares a notice"), choices=Policy.Grouping.choices)
    minimum_severity = forms.ChoiceField(
        label=_("Warn from this severity"),
        choices=_SEVERITIES,
        help_text=_("What is milder is kept, and not warned of."),
    )
    tlp = forms.ChoiceField(label="TLP", choices=[(label, label) for label in tlp.LABELS])
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("that of each contact")), ("vi", "Tiếng Việt"), ("en", "English")],
    )
    contact_roles = forms.CharField(
        label=_("Who is told"),
        required=False,
        max_length=300,
        help_text=_(
            "Roles of contacts, with commas between; empty: security. Where nobody has one of them, all are told."
        ),
    )
    repeat_days = forms.IntegerField(
        label=_("Remind every so many days"), min_value=0, max_value=3650, help_text=_("0: never.")
    )
    note = forms.CharField(label=_("Why it is so"), required=False, max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for severity in SEVERITIES:
            self.fields[f"repeat_{severity}"] = forms.IntegerField(
                label=_("Remind of %(severity)s every so many days") % {"severity": WORDS[severity]},
                required=False,
                min_value=0,
                max_value=3650,
            )
        for severity in SEVERITIES:
            self.fields[f"deadline_{severity}"] = forms.IntegerField(
                label=_("Days to fix what is %(severity)s") % {"severity": WORDS[severity]},
                required=False,
                min_value=0,
                max_value=3650,
                help_text=_("Empty: %(days)s.") % {"days": rules.DEADLINE_DAYS[severity]},
            )

    def wanted(self) -> Wanted:
        """Return the policy that was filled in."""
        given = self.cleaned_data
        return Wanted(
            needs_approval=given["needs_approval"],
            grouping=given["grouping"],
            repeat_days=given["repeat_days"],
            repeat_days_by=self._by_severity("repeat"),
            deadline_days=self._by_severity("deadline"),
            language=given["language"],
            tlp=given["tlp"],
            minimum_severity=given["minimum_severity"],
            contact_roles=[role.strip() for role in given["contact_roles"].split(",") if role.strip()],
            note=given["note"],
        )

    def _by_severity(self, what: str) -> dict[str, int]:
        days = {severity: self.cleaned_data[f"{what}_{severity}"] for severity in SEVERITIES}
        return {severity: number for severity, number in days.items() if number is not None}


def filled(policy: Policy | None) -> dict[str, Any]:
    """Return what the form shows at first: a policy, or what holds without one."""
    if policy is None:
        plain = rules.BUILT_IN_VALUES
        return {
            "grouping": plain.grouping,
            "minimum_severity": plain.minimum_severity,
            "tlp": plain.tlp,
            "repeat_days": plain.repeat.days,
            **{f"repeat_{severity}": days for severity, days in plain.repeat_days.items()},
        }
    return {
        "organization": policy.organization_id or "",
        "kind": policy.kind,
        "needs_approval": policy.needs_approval,
        "grouping": policy.grouping,
        "minimum_severity": policy.minimum_severity,
        "tlp": policy.tlp,
        "language": policy.language,
        "contact_roles": ", ".join(policy.contact_roles),
        "repeat_days": policy.repeat_days,
        "note": policy.note,
        **{f"repeat_{severity}": days for severity, days in policy.repeat_days_by.items()},
        **{f"deadline_{severity}": days for severity, days in policy.deadline_days.items()},
    }


class SilenceForm(Place):
    """What not to warn of, why, and until when."""

    reason = forms.CharField(label=_("Why"), max_length=300)
    until = forms.DateField(
        label=_("Until the end of this day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    def end(self) -> datetime:
        """Return the end of that day, where the team sits."""
        day = self.cleaned_data["until"]
        return datetime.combine(day, time.max, tzinfo=timezone.get_current_timezone())
