"""Forms about people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.accounts.queries import factor_roles
from tocsin.base.tenancy import Role, Viewer
from tocsin.base.web.words import WORDS
from tocsin.constituency import queries as constituents
from tocsin.constituency.models import Organization

ROLES = [(role.value, WORDS[role.value]) for role in Role]
LANGUAGES = [("", gettext_lazy("that of their device, until they choose")), *settings.LANGUAGES]


class PersonForm(forms.Form):
    """What an administrator says about a person."""

    name = forms.CharField(label=gettext_lazy("Full name"), max_length=200, required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES)
    organizations = forms.CharField(
        label=gettext_lazy("Organizations of a contact"),
        required=False,
        help_text=gettext_lazy(
            "Their identifiers, separated by spaces. Only contacts have some; they see nothing else."
        ),
        widget=forms.TextInput(attrs={"list": "organizations", "spellcheck": "false"}),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES, required=False)

    def __init__(self, *args: Any, viewer: Viewer, **options: Any) -> None:
        super().__init__(*args, **options)
        self.viewer = viewer

    def clean_organizations(self) -> list[Organization]:
        """Return the organizations named. Raise ValidationError, naming those that are none."""
        wanted = set(self.cleaned_data["organizations"].replace(",", " ").split())
        found = list(constituents.organizations(self.viewer).filter(pk__in=wanted))
        if missing := wanted - {organization.pk for organization in found}:
            raise forms.ValidationError(_("No such organization: %(ids)s") % {"ids": ", ".join(sorted(missing))})
        return found

    def clean(self) -> dict[str, Any]:
        """Hold role and organizations together."""
        given = super().clean() or {}
        if "role" in given and "organizations" in given:
            is_contact = given["role"] == Role.CONTACT.value
            if is_contact and not given["organizations"]:
                self.add_error("organizations", _("A contact belongs to at least one organization."))
            if not is_contact and given["organizations"]:
                self.add_error("organizations", _("Only a contact belongs to organizations; the team sees all."))
        return given


class NewPersonForm(PersonForm):
    """Somebody new."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    field_order = ["email", "name", "role", "organizations", "language"]


class ChangedPersonForm(PersonForm):
    """Somebody who is there."""

    must_have_factor = forms.BooleanField(
        label=gettext_lazy("Must have a second step, whatever the role"), required=False
    )


class FactorRolesForm(forms.Form):
    """Which roles must have a second step."""

    roles = forms.MultipleChoiceField(
        label=gettext_lazy("These roles must have a second step"),
        choices=ROLES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    @classmethod
    def now(cls) -> FactorRolesForm:
        """Return the form as things are."""
        return cls(initial={"roles": factor_roles()})
