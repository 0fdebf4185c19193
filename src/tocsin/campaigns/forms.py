"""What people type about campaigns and calls."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tocsin.base.web.words import WORDS
from tocsin.campaigns.actions import Wanted
from tocsin.campaigns.models import TelephoneCall
from tocsin.constituency.queries import Selection
from tocsin.constituency.words import SECTORS
from tocsin.core.severity import SEVERITIES


class CampaignForm(forms.Form):
    """What a campaign is about."""

    title_vi = forms.CharField(label=_("Title in Vietnamese"), max_length=200)
    title_en = forms.CharField(label=_("Title in English"), max_length=200)
    weaknesses = forms.CharField(
        label=_("Kinds and CVE numbers"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        max_length=20_000,
        help_text=_("One a line: a kind such as open-rdp, or CVE-2026-12345 for every kind that names it."),
    )
    severity = forms.ChoiceField(
        label=_("At least as grave as"), choices=[(name, WORDS[name]) for name in reversed(SEVERITIES)]
    )
    sectors = forms.MultipleChoiceField(
        label=_("Sectors"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all organizations."),
    )
    facts = forms.MultipleChoiceField(
        label=_("Registered from their answers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Those of which at least one of these was registered."),
    )
    due_on = forms.DateField(
        label=_("To be done by"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    purpose_vi = forms.CharField(
        label=_("Purpose in Vietnamese"), required=False, widget=forms.Textarea(attrs={"rows": 3}), max_length=20_000
    )
    purpose_en = forms.CharField(
        label=_("Purpose in English"), required=False, widget=forms.Textarea(attrs={"rows": 3}), max_length=20_000
    )

    def __init__(self, *args: Any, sectors: list[str], facts: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        chosen = self.fields["sectors"]
        assert isinstance(chosen, forms.MultipleChoiceField)
        chosen.choices = [(name, SECTORS.get(name, name)) for name in sectors if name]
        if not chosen.choices:
            del self.fields["sectors"]
        registered = self.fields["facts"]
        assert isinstance(registered, forms.MultipleChoiceField)
        registered.choices = [(label, label) for label in facts]
        if not facts:
            del self.fields["facts"]

    def wanted(self) -> Wanted:
        """Return what was typed."""
        found = self.cleaned_data
        sectors, facts = tuple(found.get("sectors", ())), tuple(found.get("facts", ()))
        selection = Selection(everyone=not (sectors or facts), sectors=sectors, facts=facts)
        return Wanted(
            found["title_vi"], found["title_en"], found["weaknesses"].splitlines(), found["purpose_vi"], found["purpose_en"],
            found["severity"], selection, found["due_on"],
        )  # fmt: skip


class CallForm(forms.Form):
    """What came of a call."""

    to = forms.CharField(label=_("Who was called"), max_length=300)
    result = forms.ChoiceField(label=_("What came of it"), choices=TelephoneCall.Result.choices)
    promised_on = forms.DateField(
        label=_("Promised for"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Only with a promise: it counts as the organization's answer."),
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=1000)
