"""What people type about the constituency, checked by the same rules as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tocsin import roster
from tocsin.constituency.models import Criticality
from tocsin.constituency.queries import Selection
from tocsin.constituency.words import FIELDS, ROLES, SECTORS, reason
from tocsin.core import constituency as plain
from tocsin.roster import values
from tocsin.roster.reasons import Wrong

LANGUAGES = (("", _("as the team writes")), ("vi", "Tiếng Việt"), ("en", "English"))


class Checked(forms.CharField):
    """A text that a rule of the files makes a value of; what is wrong is said in place."""

    def __init__(self, make: Callable[[str], Any], **options: Any) -> None:
        super().__init__(max_length=2000, **options)
        self.make = make

    def clean(self, value: Any) -> Any:
        """Return the value the rule makes."""
        text = super().clean(value)
        if not text:
            return ""
        try:
            return self.make(text)
        except Wrong as wrong:
            raise ValidationError(reason(wrong.code, wrong.values), code=wrong.code) from None


def _text(limit: str) -> Callable[[str], str]:
    return lambda value: values.text(value, values.LIMITS[limit])


class Day(forms.DateField):
    """A day; browsers show a calendar."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


class Dated(forms.Form):
    """Something with a first and a last day, both included, in UTC."""

    valid_from = Day(label=FIELDS["valid_from"], help_text=_("Empty: since ever. Days are in UTC."))
    valid_to = Day(
        label=FIELDS["valid_to"], help_text=_("The last day that still counts. Empty: until further notice.")
    )

    def clean(self) -> dict[str, Any]:
        """Say when the days are in the wrong order."""
        found = super().clean() or {}
        since, until = found.get("valid_from"), found.get("valid_to")
        if since and until and until < since:
            self.add_error("valid_to", ValidationError(_("The last day is before the first."), code="bad-order"))
        return found


class OrganizationForm(Dated):
    """An organization: what it is, not what it holds."""

    name_vi = Checked(_text("name"), label=FIELDS["name_vi"])
    name_en = Checked(_text("name"), label=FIELDS["name_en"], required=False, help_text=_("Empty: as in Vietnamese."))
    parent = Checked(
        values.identifier, label=FIELDS["parent"], required=False, help_text=_("Its identifier. Empty: it stands at the top."),
    )  # fmt: skip
    sector = Checked(_text("sector"), label=FIELDS["sector"], required=False)
    language = forms.ChoiceField(label=FIELDS["language"], choices=LANGUAGES, required=False)
    criticality = forms.ChoiceField(
        label=FIELDS["criticality"],
        choices=[("", _("not judged")), *Criticality.choices],
        required=False,
        help_text=_("How much depends on it, as the team judges."),
    )
    essential = forms.BooleanField(label=_("It provides an essential service"), required=False)
    field_order = ("id", "name_vi", "name_en", "parent", "sector", "criticality", "essential", "language")

    def __init__(self, *args: Any, new: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["parent"].widget.attrs["list"] = "organizations"
        self.fields["sector"].widget.attrs["list"] = "sectors"
        self.sectors = list(SECTORS.items())
        kept = self.initial.get("language", "")
        if kept and kept not in dict(LANGUAGES):
            self.fields["language"].choices = [*LANGUAGES, (kept, kept)]  # type: ignore[attr-defined]
        if new:
            self.fields["id"] = Checked(
                values.identifier,
                label=_("Identifier"),
                help_text=_("Lower-case letters, digits, dots and hyphens, as in so-y-te. It stays as it is for ever."),
            )
            self.order_fields(self.field_order)

    def value(self, id_: str) -> plain.Organization:
        """Return the organization as a value."""
        found = self.cleaned_data
        return plain.Organization(
            id=id_,
            name_vi=found["name_vi"],
            name_en=found["name_en"] or found["name_vi"],
            parent=found["parent"] or None,
            sector=found["sector"],
            language=found["language"],
            valid_from=found["valid_from"],
            valid_to=found["valid_to"],
            criticality=found["criticality"],
            essential=found["essential"],
        )


class NetworkForm(Dated):
    """A prefix."""

    cidr = Checked(values.network, label=FIELDS["cidr"], help_text=_("As in 203.0.113.0/25 or 2001:db8:1::/48."))
    field_order = ("cidr",)

    def value(self) -> plain.Network:
        """Return the prefix as a value."""
        return plain.Network(**self.cleaned_data)


class DomainForm(Dated):
    """A domain."""

    name = Checked(
        values.domain, label=_("Domain"), help_text=_("As in soyte.example; all names below it belong to it.")
    )
    field_order = ("name",)

    def value(self) -> plain.Domain:
        """Return the domain as a value."""
        return plain.Domain(**self.cleaned_data)


class AsnForm(Dated):
    """An autonomous system."""

    number = Checked(values.asn, label=FIELDS["number"], help_text=_("As in 64500 or AS64500."))
    field_order = ("number",)

    def value(self) -> plain.AutonomousSystem:
        """Return the autonomous system as a value."""
        return plain.AutonomousSystem(**self.cleaned_data)


def _roles(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values.role(word) for word in value.replace(";", ",").split(",") if word.strip()))


class ContactForm(Dated):
    """A person or desk that is told."""

    name = Checked(_text("contact"), label=FIELDS["name"], required=False, help_text=_("Of the person or the desk."))
    email = Checked(values.email, label=FIELDS["email"])
    phone = Checked(_text("phone"), label=FIELDS["phone"], required=False)
    roles = forms.MultipleChoiceField(
        label=FIELDS["roles"],
        choices=list(ROLES.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Who has the role security is told of findings; if nobody has it, all are."),
    )
    other_roles = Checked(_roles, label=_("Other roles"), required=False, help_text=_("Separated by commas."))
    language = forms.ChoiceField(
        label=FIELDS["language"], choices=[("", _("as the organization")), *LANGUAGES[1:]], required=False
    )
    field_order = ("name", "email", "phone", "roles", "other_roles", "language")

    def __init__(self, *args: Any, **options: Any) -> None:
        initial = options.get("initial") or {}
        given = list(initial.get("roles", ()))
        options["initial"] = {
            **initial,
            "roles": [role for role in given if role in ROLES],
            "other_roles": ", ".join(role for role in given if role not in ROLES),
        }
        super().__init__(*args, **options)
        kept = initial.get("language", "")
        if kept and kept not in dict(LANGUAGES):
            self.fields["language"].choices = [*self.fields["language"].choices, (kept, kept)]  # type: ignore[attr-defined]

    def value(self) -> plain.Contact:
        """Return the contact as a value."""
        found = self.cleaned_data
        return plain.Contact(
            name=found["name"],
            email=found["email"],
            roles=tuple(dict.fromkeys((*found["roles"], *(found["other_roles"] or ())))),
            phone=found["phone"],
            language=found["language"],
            valid_from=found["valid_from"],
            valid_to=found["valid_to"],
        )


class IgnoreForm(Dated):
    """A rule of the ignore list."""

    value_ = Checked(
        values.ignored, label=_("Prefix, domain or AS number"), help_text=_("As in 192.0.2.8/29, scanner.example or AS64510.")
    )  # fmt: skip
    reason = Checked(
        _text("reason"), label=FIELDS["reason"], help_text=_("Why nobody is warned: own scanner, sinkhole …")
    )
    field_order = ("value_", "reason")

    def value(self) -> plain.Ignored:
        """Return the rule as a value."""
        found = self.cleaned_data
        return plain.Ignored(found["value_"], found["reason"], found["valid_from"], found["valid_to"])


class UploadForm(forms.Form):
    """A constituency file and how to take it."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("YAML, JSON, CSV or XLSX, at most 32 MiB. Nothing changes before you have seen what would."),
        widget=forms.ClearableFileInput(attrs={"accept": ".yaml,.yml,.json,.csv,.xlsx"}),
    )
    complete = forms.BooleanField(
        label=_("The file is complete"),
        required=False,
        help_text=_("Organizations that it does not name are closed. Otherwise they stay as they are."),
    )
    as_of = Day(label=_("Holds from"), help_text=_("What the file leaves out ends on the day before. Empty: today."))

    def clean_file(self) -> Any:
        """Refuse what is larger than what is looked at."""
        file = self.cleaned_data["file"]
        if file.size > roster.LARGEST:
            raise ValidationError(reason("too-large", {"limit": f"{roster.LARGEST >> 20} MiB"}), code="too-large")
        return file


def _identifiers(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values.identifier(word) for word in value.replace(",", " ").replace(";", " ").split()))


class SuccessionForm(forms.Form):
    """A merge or split, named by hand or in a file."""

    before = Checked(
        _identifiers, required=False, label=_("Which end"), help_text=_("Identifiers, separated by spaces.")
    )
    after = Checked(
        _identifiers,
        required=False,
        label=_("Which follow"),
        help_text=_("One for a merge, several for a split. They stand in the list of organizations already."),
    )
    on = Day(label=_("First new day"), help_text=_("Those that end hold for the last time on the day before."))
    reason = Checked(
        _text("reason"), required=False, label=_("Why"), help_text=_("The resolution or decision; it is kept.")
    )
    file = forms.FileField(
        required=False,
        label=_("Or many at once, from a file"),
        help_text=_(
            "CSV, YAML or JSON with the columns from, to, on, reason, and value where a split says who gets what."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.yaml,.yml,.json"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("before", "after"):
            self.fields[name].widget.attrs["spellcheck"] = "false"

    def clean(self) -> dict[str, Any]:
        """Ask for one of both: a file, or the four fields."""
        found = super().clean() or {}
        if not found.get("file") and not self.errors:
            for name in ("before", "after", "on", "reason"):
                if not found.get(name):
                    self.add_error(name, ValidationError(_("This field is required."), code="required"))
        return found

    def clean_file(self) -> Any:
        """Refuse what is larger than what is looked at."""
        file = self.cleaned_data["file"]
        if file and file.size > roster.LARGEST:
            raise ValidationError(reason("too-large", {"limit": f"{roster.LARGEST >> 20} MiB"}), code="too-large")
        return file


class SelectionForm(forms.Form):
    """Which organizations: those named, and those to which everything else that is chosen applies."""

    everyone = forms.BooleanField(label=_("All organizations"), required=False)
    sectors = forms.MultipleChoiceField(
        label=_("Sectors"), choices=(), required=False, widget=forms.CheckboxSelectMultiple
    )
    criticalities = forms.MultipleChoiceField(
        label=_("Criticality"), choices=Criticality.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    essential = forms.BooleanField(label=_("Those that provide an essential service"), required=False)
    below = forms.CharField(
        label=_("This one and all below it"), max_length=100, required=False, help_text=_("An identifier.")
    )
    facts = forms.MultipleChoiceField(
        label=_("Registered from their answers"), choices=(), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Those of which at least one of these was registered."),
    )  # fmt: skip
    organizations = forms.CharField(
        label=_("These, whatever else is chosen"), max_length=100_000, required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}), help_text=_("Identifiers, separated by spaces or lines."),
    )  # fmt: skip

    def __init__(self, sectors: list[str], *args: Any, facts: Sequence[str] = (), **options: Any) -> None:
        options.setdefault("label_suffix", "")
        super().__init__(*args, **options)
        field, registered = self.fields["sectors"], self.fields["facts"]
        assert isinstance(field, forms.MultipleChoiceField)
        assert isinstance(registered, forms.MultipleChoiceField)
        field.choices = [(name, SECTORS.get(name, name)) for name in sectors]
        registered.choices = [(label, label) for label in facts]
        if not facts:
            del self.fields["facts"]

    @staticmethod
    def begins(selection: Mapping[str, Any]) -> dict[str, Any]:
        """Return a selection that was kept as JSON, as the form begins with it."""
        return {**selection, "organizations": " ".join(selection.get("organizations", ()))}

    def selection(self) -> Selection:
        """Return what was chosen."""
        found = self.cleaned_data
        return Selection(
            everyone=found["everyone"], organizations=tuple(found["organizations"].replace(",", " ").split()),
            sectors=tuple(found["sectors"]), criticalities=tuple(found["criticalities"]), essential=found["essential"], below=found["below"].strip(),
            facts=tuple(found.get("facts", ())),
        )  # fmt: skip

    def what(self) -> list[forms.BoundField]:
        """Return the fields that say what goes out."""
        return [field for field in self.visible_fields() if field.name not in SelectionForm.base_fields]

    def whom(self) -> list[forms.BoundField]:
        """Return the fields that say to whom."""
        return [field for field in self.visible_fields() if field.name in SelectionForm.base_fields]
