"""The forms of intake: setting up a feed, deciding about what nobody holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import yaml
from django import forms
from django.utils.translation import gettext_lazy as _

from tocsin.base.web.words import WORDS
from tocsin.core import durations, severity, taxonomy, tlp
from tocsin.feeds import recognize
from tocsin.intake.actions import assigning
from tocsin.intake.actions.feeds import FeedValues, Text
from tocsin.intake.words import WAYS

NOTHING = [("", "–")]


class Duration(forms.Field):
    """A duration as people write it: 15m, 24h, 7d."""

    widget = forms.TextInput(attrs={"size": 8, "maxlength": 20, "autocomplete": "off"})

    def to_python(self, value: Any) -> timedelta | None:
        """Return the duration, or None for nothing written."""
        text = str(value or "").strip()[:20]
        if not text:
            return None
        try:
            return durations.parse(text)
        except durations.BadDuration as error:
            raise forms.ValidationError(_("Write a duration such as 90s, 15m, 24h or 7d.")) from error


class FeedForm(forms.Form):
    """Everything that is said of a feed."""

    code = forms.CharField(
        label=_("Code"), max_length=64, help_text=_("Stands in every event; lower-case letters, digits, hyphens.")
    )
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    provider = forms.CharField(label=_("Who publishes it"), max_length=200, required=False)
    way = forms.ChoiceField(label=_("How it comes in"), choices=list(WAYS.items()), initial="http")
    address = forms.CharField(
        label=_("Address"), max_length=1000, required=False,
        help_text=_("https://host/file (a key that belongs in it is written {secret}), imaps://host/Folder, or the path of a folder that this installation may look into."),
    )  # fmt: skip
    user = forms.CharField(
        label=_("User"), max_length=254, required=False,
        help_text=_("For a web address: without a user the secret is sent as a bearer token; a header's name with a colon, as Auth-Key:, sends it in that header."),
    )  # fmt: skip
    secret = forms.CharField(
        label=_("Secret"), max_length=4000, required=False, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Kept encrypted and never shown again."),
    )  # fmt: skip
    forget_secret = forms.BooleanField(label=_("Forget the secret that is kept"), required=False)
    interval = Duration(
        label=_("Collected every"), initial="1h", help_text=_("For example 10s for a folder, 15m, 24h.")
    )
    link_hosts = forms.CharField(
        label=_("Hosts of links in mails"), max_length=1000, required=False,
        help_text=_("A mail may hold only a link to its report. Links to these hosts are followed, one host a line; others are not."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )  # fmt: skip
    move_to = forms.CharField(
        label=_("Mail folder for what is done"), max_length=200, required=False,
        help_text=_("Empty: a message stays where it is and is marked as seen."),
    )  # fmt: skip
    format = forms.ChoiceField(
        label=_("Format"), required=False, help_text=_("Only to force one: content says what it is.")
    )
    mapping = forms.CharField(
        label=_("Mapping"), required=False, max_length=100_000,
        help_text=_("For the format “mapped”: which column becomes what, in YAML or JSON."),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )  # fmt: skip
    schema = forms.CharField(
        label=_("Shadowserver's schema"), max_length=1000, required=False,
        help_text=_("Path or URL of the published schema; it is fetched anew every day. Empty: the installation's."),
    )  # fmt: skip
    window = Duration(
        label=_("A repeat within this time is a duplicate"),
        required=False,
        help_text=_("Empty: only the same source time."),
    )
    classification_type = forms.ChoiceField(label=_("RSIT type, where the format states none"), required=False)
    classification_identifier = forms.CharField(
        label=_("Identifier, where the format states none"), max_length=200, required=False
    )
    severity = forms.ChoiceField(label=_("Severity, where the source gives none"), required=False)
    accuracy = forms.FloatField(label=_("Accuracy, 0 to 100"), required=False, min_value=0, max_value=100)
    tlp = forms.ChoiceField(label=_("TLP of what it does not label"), required=False)
    silent_after = Duration(label=_("Alarm when nothing came for"), required=False, help_text=_("Empty: no alarm."))
    stale_after = Duration(
        label=_("Alarm when the newest content is older than"), required=False, help_text=_("Empty: no alarm.")
    )

    def __init__(self, *arguments: Any, has_secret: bool = False, **more: Any) -> None:
        super().__init__(*arguments, **more)
        for name, values in (
            ("format", [f.name for f in recognize.FORMATS]),
            ("classification_type", sorted(taxonomy.TYPES)),
            ("severity", severity.SEVERITIES),
            ("tlp", tlp.LABELS),
        ):
            self.fields[name].choices = NOTHING + [(value, WORDS.get(value, value)) for value in values]  # type: ignore[attr-defined]
        if has_secret:
            self.fields["secret"].help_text = _("One is kept, encrypted. Left empty, it stays.")
        else:
            del self.fields["forget_secret"]

    def clean_mapping(self) -> dict[str, Any] | None:
        """Return the mapping that was written, or None."""
        text = self.cleaned_data["mapping"].strip()
        if not text:
            return None
        try:
            found = yaml.safe_load(text)  # JSON is YAML too
        except (yaml.YAMLError, RecursionError) as error:
            raise forms.ValidationError(_("This is neither YAML nor JSON.")) from error
        if not isinstance(found, dict):
            raise forms.ValidationError(_("A mapping is one object."))
        return found

    def values(self) -> FeedValues:
        """Return what was said."""
        said = dict(self.cleaned_data)
        forget = said.pop("forget_secret", False)
        said["secret"] = "" if forget else said["secret"] or None
        said["window"] = said["window"] or timedelta(0)
        said["link_hosts"] = tuple(said["link_hosts"].replace(",", " ").split())
        return FeedValues(**said)

    def refuse(self, problems: Mapping[str, Text]) -> None:
        """Show what the action found wrong beside its fields."""
        for name, text in problems.items():
            self.add_error(name if name in self.fields else None, str(text))

    @staticmethod
    def shown(values: FeedValues) -> dict[str, Any]:
        """Return the form's first content."""
        said = {name: getattr(values, name) for name in FeedForm.base_fields if hasattr(values, name)}
        for name in ("interval", "window", "silent_after", "stale_after"):
            said[name] = durations.written(said[name]) if said[name] else ""
        said["link_hosts"] = "\n".join(values.link_hosts)
        said["mapping"] = json.dumps(values.mapping, ensure_ascii=False, indent=1) if values.mapping else ""
        return said | {"secret": ""}


class Decision(forms.Form):
    """A decision about a range, name or AS that nobody holds."""

    value = forms.CharField(
        label=_("Range, domain or AS"),
        max_length=253,
        help_text=_("As in 203.0.113.0/24, soyte.example or AS64500; narrower or wider than the place, if you like."),
    )

    def clean_value(self) -> str:
        """Return the value in its one spelling."""
        try:
            return assigning.spelled(assigning.read(str(self.cleaned_data["value"])))
        except assigning.NoValue:
            raise forms.ValidationError(_("This is no range, no domain and no AS.")) from None

    def spelled(self) -> str:
        """Return the value."""
        return str(self.cleaned_data["value"])


class AssignForm(Decision):
    """Whose it is, and since when."""

    organization = forms.CharField(
        label=_("Organization"), max_length=100, help_text=_("Its identifier, as in so-y-te."),
        widget=forms.TextInput(attrs={"list": "organizations", "autocomplete": "off"}),
    )  # fmt: skip
    valid_from = forms.DateField(
        label=_("First day"), required=False, help_text=_("Empty: since ever. Days are in UTC."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip


class Reasoned(Decision):
    """A decision that says why."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class IgnoreForm(Reasoned):
    """It is to be ignored: an own scanner, a sinkhole."""


class DismissForm(Reasoned):
    """It is none of our business."""
