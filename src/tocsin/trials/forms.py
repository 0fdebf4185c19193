"""The form of a trial's design, and what is said of a design that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tocsin.base.web.words import WORDS
from tocsin.trials.rules import design as rules
from tocsin.trials.rules.design import BadDesign, Design

COMPARED: dict[str, Promise] = {
    "text": _("another text"),
    "channel": _("another way"),
    "sender": _("another sender"),
    "later": _("a later date"),
}
OUTCOMES: dict[str, Promise] = {
    "verified": _("sensors confirm that it is gone"),
    "answered": _("the owner answered"),
}
UNITS: dict[str, Promise] = {
    "organization": _("each organization"),
    "organization-and-kind": _("each organization and kind"),
}
CHANNELS: dict[str, Promise] = {
    "email": _("e-mail, nothing beside it"),
    "email-and-rooms": _("as usual: e-mail, and the chat rooms and webhooks named"),
    "email-and-letter": _("e-mail and an official letter"),
}


def why(error: BadDesign) -> str:
    """Return in the reader's language what is wrong with a design."""
    return {
        "missing": gettext("This is needed."),
        "too-long": gettext("It is too long."),
        "no-list": gettext("It must be a list of texts."),
        "gravest": gettext("The gravest findings never take part in a trial."),
        "unknown": gettext("There is nothing of this name."),
        "out-of-range": gettext("This number is too small or too large."),
        "no-day": gettext("It must be a day."),
        "before-start": gettext("The last day is before the first."),
        "shorter-than-outcome": gettext("Everything must be followed at least as long as the outcome is waited for."),
        "not-compared": gettext("Only a trial of a later date lets anybody wait."),
        "alike": gettext("The two ways do not differ in what is compared."),
        "one-language": gettext("A text is needed in Vietnamese and in English."),
        "nobody-at-once": gettext("In one of the two ways owners must be told at once."),
        "nobody-answers-untold": gettext("Who was not told cannot answer: compare what sensors confirm."),
        "after-the-wait": gettext("The outcome must be counted before those who wait are told."),
        "two": gettext("There must be two ways."),
        "same-name": gettext("The two ways need two names."),
        "no-name": gettext("A name only: no address and no brackets."),
        "in-future": gettext("This day is to come."),
        "over": gettext("This day is over."),
    }[error.why]


class DesignForm(forms.Form):
    """A trial: the question, the two ways, who takes part, what is counted."""

    name = forms.CharField(label=_("Name"), max_length=200)
    question = forms.CharField(
        label=_("The question"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What you want to know, in one sentence."),
    )
    compares = forms.ChoiceField(label=_("What is tried"), choices=COMPARED.items())
    usual_name = forms.CharField(label=_("Name of the usual way"), max_length=60)
    tried_name = forms.CharField(label=_("Name of what is tried"), max_length=60)
    text_vi = forms.CharField(
        label=_("Text in Vietnamese"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For another text: a paragraph before the findings."),
    )  # fmt: skip
    text_en = forms.CharField(
        label=_("Text in English"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    channel = forms.ChoiceField(
        label=_("Way"),
        required=False,
        choices=CHANNELS.items(),
        initial="email-and-rooms",
        help_text=_("For another way."),
    )
    sender = forms.CharField(
        label=_("Sender's name"), required=False, max_length=60,
        help_text=_("For another sender: the name before the team's address; the address stays."),
    )  # fmt: skip
    delay_days = forms.IntegerField(
        label=_("Days to wait"), required=False, min_value=1, max_value=rules.LONGEST_DELAY,
        help_text=_("For a later date: one half is told so many days later, 14 at most; the other half at once. What mends meanwhile without a word is taken off."),
    )  # fmt: skip
    unit = forms.ChoiceField(label=_("The lot is drawn for"), choices=UNITS.items())
    kinds = forms.CharField(
        label=_("Kinds"), required=False, help_text=_("With commas between; empty: every kind."),
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )  # fmt: skip
    severities = forms.MultipleChoiceField(
        label=_("Severities"),
        choices=[(name, WORDS[name]) for name in rules.SEVERITIES],
        widget=forms.CheckboxSelectMultiple,
        initial=["high", "medium", "low"],
        help_text=_("The gravest never take part and never wait."),
    )
    sectors = forms.CharField(
        label=_("Sectors"), required=False, help_text=_("With commas between; empty: every sector.")
    )
    outcome = forms.ChoiceField(label=_("What is counted"), choices=OUTCOMES.items())
    within_days = forms.IntegerField(label=_("Within so many days"), min_value=1, max_value=90, initial=14)
    horizon_days = forms.IntegerField(
        label=_("Follow for so many days"), min_value=1, max_value=180, initial=30,
        help_text=_("The analysis is due so long after the last day."),
    )  # fmt: skip
    planned_organizations = forms.IntegerField(label=_("Organizations, in both halves"), min_value=4, max_value=100_000)
    findings_each = forms.FloatField(label=_("Findings of each, about"), min_value=1, initial=2)
    expected_share = forms.FloatField(
        label=_("Expected of the usual way, in per cent"), min_value=0, max_value=100, initial=20
    )
    smallest_difference = forms.FloatField(
        label=_("Smallest difference that matters, in points"), min_value=0.1, max_value=100, initial=15
    )
    starts_on = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    ends_on = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    agreed_by = forms.CharField(
        label=_("Who leads the team and agreed"), required=False, max_length=200, help_text=_("Needed to register.")
    )
    agreed_on = forms.DateField(
        label=_("Agreed on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    GROUPS = (
        (_("The question"), ("name", "question", "compares")),
        (_("The two ways"), ("usual_name", "tried_name", "text_vi", "text_en", "channel", "sender", "delay_days")),
        (_("Who takes part"), ("unit", "kinds", "severities", "sectors", "starts_on", "ends_on")),
        (_("What is counted"), ("outcome", "within_days", "horizon_days")),
        (_("How much is needed"), ("planned_organizations", "findings_each", "expected_share", "smallest_difference")),
        (_("Who agreed"), ("agreed_by", "agreed_on")),
    )

    def groups(self) -> list[tuple[Promise, list[forms.BoundField]]]:
        """Return the fields as the page groups them."""
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS]

    def design(self, before: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the design as it was filled in; `before`: the draft that it replaces."""
        given = self.cleaned_data
        usual, tried = ({**arm} for arm in (before["arms"] if before else ({}, {})))
        usual |= {"name": given["usual_name"], "delay_days": 0}
        tried |= {
            "name": given["tried_name"], "text_vi": given["text_vi"], "text_en": given["text_en"], "sender": given["sender"],
            "channel": given["channel"] or "email-and-rooms", "delay_days": 0,
        }  # fmt: skip
        if given["compares"] == "later":
            usual["delay_days"] = given["delay_days"] or 0
        same = ("name", "question", "compares", "unit", "severities", "outcome", "within_days", "horizon_days", "planned_organizations", "findings_each", "agreed_by")  # fmt: skip
        return {
            **{name: given[name] for name in same},
            "arms": [usual, tried],
            "kinds": _listed(given["kinds"]),
            "sectors": _listed(given["sectors"]),
            "expected_share": given["expected_share"] / 100,
            "smallest_difference": given["smallest_difference"] / 100,
            "correlation": before["correlation"] if before else 0.1,
            **{name: _iso(given[name]) for name in ("starts_on", "ends_on", "agreed_on")},
        }

    def refuse(self, error: BadDesign) -> None:
        """Show beside its field what is wrong with the design."""
        name = error.field.rpartition(".")[2]
        self.add_error(name if name in self.fields else None, why(error))


def filled(plan: Design) -> dict[str, Any]:
    """Return the values of the form for a design."""
    usual, tried = plan.arms
    return {
        **{name: getattr(plan, name) for name in ("name", "question", "compares", "unit", "outcome", "within_days", "horizon_days", "planned_organizations", "findings_each", "starts_on", "ends_on", "agreed_by", "agreed_on")},
        "severities": list(plan.severities),
        "usual_name": usual.name,
        "tried_name": tried.name,
        **{name: getattr(tried, name) for name in ("text_vi", "text_en", "channel", "sender")},
        "delay_days": plan.longest_delay or None,
        "kinds": ", ".join(plan.kinds),
        "sectors": ", ".join(plan.sectors),
        "expected_share": round(100 * plan.expected_share, 6),
        "smallest_difference": round(100 * plan.smallest_difference, 6),
    }  # fmt: skip


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
