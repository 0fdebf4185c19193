"""What people type about how they are reached."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tocsin.constituency.forms import Checked, ContactForm
from tocsin.constituency.words import ROLES, SECTORS, reason
from tocsin.reach import rules
from tocsin.reach.models import Endpoint
from tocsin.roster import values


class KeyForm(forms.Form):
    """A key to encrypt to, as text."""

    content = forms.CharField(
        label=_("Public key or certificate"),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        max_length=200_000,
        help_text=_("Armored OpenPGP key, or an S/MIME certificate in PEM. Never a secret key."),
    )


class EndpointForm(forms.Form):
    """A chat room or a webhook."""

    channel = forms.ChoiceField(label=_("By what"), choices=Endpoint.Channel.choices)
    address = forms.CharField(
        label=_("Address"),
        max_length=2000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_(
            "Webhook: https://host/path. Chat: the address of the room as Apprise writes it, such as mmosts://host/token or zalo://token. It is kept encrypted and not shown again."
        ),
    )
    always = forms.BooleanField(
        label=_("Every warning goes here too"),
        required=False,
        initial=True,
        help_text=_("Without it, only what an escalation sends."),
    )


class ProposalForm(ContactForm):
    """A contact as it should be."""

    note = forms.CharField(label=_("A word to the team"), max_length=1000, required=False)
    field_order = ("name", "email", "phone", "roles", "language", "note")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("other_roles", "valid_from", "valid_to"):
            del self.fields[name]

    def after(self) -> dict[str, Any]:
        """Return the fields as they should be."""
        found = self.cleaned_data
        return {name: found[name] for name in ("name", "email", "phone", "language")} | {"roles": list(found["roles"])}


class DrillForm(forms.Form):
    """An exercise."""

    title = forms.CharField(label=_("Name"), max_length=200)
    organizations = forms.CharField(
        label=_("Organizations"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Identifiers, one on a line or separated by commas. Empty: all."),
    )
    roles = forms.MultipleChoiceField(
        label=_("Only contacts with one of these roles"),
        choices=list(ROLES.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    hours = forms.IntegerField(label=_("Ends after so many hours"), min_value=1, max_value=720, initial=24)

    def chosen(self) -> list[str]:
        """Return the identifiers."""
        return [word for word in self.cleaned_data["organizations"].replace(",", " ").split() if word]

    def ends_at(self, now: datetime) -> datetime:
        """Return when it ends."""
        return now + timedelta(hours=self.cleaned_data["hours"])


def _holdings(text: str) -> list[tuple[str, str]]:
    found = []
    for word in rules.claimed(text):
        kind = rules.kind_of(word)
        found.append((kind, (values.network if kind == "network" else values.domain)(word)))
    return found


class RegistrationForm(forms.Form):
    """What an organization says of itself that wants to be looked after."""

    name_vi = forms.CharField(label=_("Name of the organization"), max_length=300)
    name_en = forms.CharField(label=_("Name in English"), max_length=300, required=False)
    sector = forms.ChoiceField(
        label=_("Sector"), choices=[("", _("another, or not sure")), *SECTORS.items()], required=False
    )
    person = forms.CharField(label=_("Your name and position"), max_length=200)
    email = Checked(
        values.email, label=_("E-mail address"), help_text=_("Warnings would come here. We ask you to confirm it.")
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=64,
        help_text=_("We call back on a number that we can look up, such as your exchange."),
    )
    holdings = Checked(
        _holdings,
        label=_("Networks and domains"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_("As in 203.0.113.0/25 and soyte.example, separated by spaces or lines. You prove them later."),
    )
    note = forms.CharField(label=_("A word to the team"), max_length=1000, required=False)

    def clean_holdings(self) -> list[tuple[str, str]]:
        """Refuse more than anybody proves."""
        found = self.cleaned_data["holdings"] or []
        if len(found) > 50:
            raise ValidationError(reason("too-many", {"limit": "50"}), code="too-many")
        return list(found)
