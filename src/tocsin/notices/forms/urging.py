"""What people type of a warning to many at once."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from tocsin.base.web.words import WORDS
from tocsin.constituency.forms import SelectionForm
from tocsin.core import tlp
from tocsin.core.severity import SEVERITIES
from tocsin.notices.actions import emergencies

_SEVERITIES = [(severity, WORDS[severity]) for severity in SEVERITIES]


class EmergencyForm(SelectionForm):
    """A warning to many at once: what it says, and to whom it goes."""

    title_vi = forms.CharField(label=_("Title in Vietnamese"), max_length=200)
    title_en = forms.CharField(label=_("Title in English"), max_length=200)
    text_vi = forms.CharField(
        label=_("What is wrong and what to do, in Vietnamese"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    text_en = forms.CharField(
        label=_("What is wrong and what to do, in English"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 6})
    )
    severity = forms.ChoiceField(
        label=_("Severity"),
        choices=_SEVERITIES,
        initial="critical",
        help_text=_("The escalation plan of this severity follows."),
    )
    answer_hours = forms.IntegerField(
        label=_("Answer within so many hours"), min_value=1, max_value=720, initial=24,
        help_text=_("Counted by the clock, nights and days off too."),
    )  # fmt: skip
    tlp = forms.ChoiceField(label="TLP", choices=[(label, label) for label in tlp.LABELS], initial="TLP:AMBER")

    def wanted(self) -> emergencies.Wanted:
        """Return what was typed."""
        names = ("title_vi", "title_en", "text_vi", "text_en", "severity", "answer_hours", "tlp")
        return emergencies.Wanted(selection=self.selection(), **{name: self.cleaned_data[name] for name in names})
