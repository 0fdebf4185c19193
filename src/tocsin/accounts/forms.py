"""Forms of signing in and of one's own account: the library's checks, our words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.mfa.adapter import get_adapter as get_factor_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateByCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from tocsin.accounts.models import User
from tocsin.base.api.scopes import FOR_ORGANIZATIONS, Scope

CODE_LIVES: Final = 120
"""Seconds for which a code that was used is refused: longer than any clock we tolerate would take it."""


def _worded(field: forms.Field, label: Any) -> None:
    """Give a field its label; the library puts a second one into the field."""
    field.label = label
    field.widget.attrs.pop("placeholder", None)


class SignIn(LoginForm):
    """Address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _worded(self.fields["login"], _("E-mail address"))
        _worded(self.fields["password"], _("Password"))
        self.fields["password"].help_text = ""
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class LinkByMail(forms.Form):
    """Where a link shall go. The same box as for signing in with a password."""

    login = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )


class ConfirmByPassword(ReauthenticateForm):
    """The password once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _worded(self.fields["password"], _("Password"))
        self.fields["password"].help_text = ""


class UsedOnce:
    """A code that was taken is not taken again while any clock would still accept it.

    The library forgets a code after one period, but a tolerance of one period before and after makes it valid for three.
    """

    def clean_code(self) -> str:
        """Return the code. Raise ValidationError when it is wrong or was used."""
        code: str = super().clean_code()  # type: ignore[misc]
        key = f"tocsin.code.used?user={self.user.pk}&code={''.join(code.split())}"  # type: ignore[attr-defined]
        if not cache.add(key, "y", timeout=CODE_LIVES):
            raise get_factor_adapter().validation_error("incorrect_code")
        return code


class SecondStep(UsedOnce, AuthenticateForm):
    """A code of the app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _worded(self.fields["code"], _("Code from your authenticator app, or a recovery code"))
        self.fields["code"].widget.attrs.update(_CODE)


class ConfirmByCode(UsedOnce, ReauthenticateByCodeForm):
    """A code once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _worded(self.fields["code"], _("Code from your authenticator app, or a recovery code"))
        self.fields["code"].widget.attrs.update(_CODE)


class ActivateApp(ActivateTOTPForm):
    """The first code of a new app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _worded(self.fields["code"], _("Code that the app shows now"))
        self.fields["code"].widget.attrs.update(_CODE)


_CODE: Final = {"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}


class AddPasskey(AddWebAuthnForm):
    """A new passkey. All of ours are kept by the device and ask for its PIN or a finger."""

    passwordless = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the passkey")
        self.fields["name"].help_text = _("So that you know it again, for example the device it is on.")
        self.fields["name"].widget.attrs["maxlength"] = 80

    def clean_name(self) -> str:
        """Return the name, of bearable length."""
        return str(super().clean_name())[:80]


class RenamePasskey(EditWebAuthnForm):
    """Another name for a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the passkey")
        self.fields["name"].widget.attrs["maxlength"] = 80

    def clean_name(self) -> str:
        """Return the name, of bearable length."""
        return str(self.cleaned_data["name"])[:80]


class NewPassword(forms.Form):
    """A new password, twice. Who asks for it has just proved who they are."""

    password = forms.CharField(
        label=_("New password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    again = forms.CharField(
        label=_("New password, once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password"].help_text = _(
            "At least 12 characters. Several words are easier to remember than signs."
        )

    def clean_password(self) -> str:
        """Return the password. Raise ValidationError, saying what is wrong with it."""
        return str(get_adapter().clean_password(self.cleaned_data["password"], user=self.user))

    def clean(self) -> dict[str, Any] | None:
        """Compare the two."""
        given = super().clean() or {}
        if "password" in given and given["password"] != given.get("again"):
            self.add_error("again", _("The two passwords differ."))
        return given


class Oneself(forms.Form):
    """What a person says about themselves."""

    name = forms.CharField(
        label=_("Your name"), max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(
        label=_("Language of the screen and of mail about your account"), choices=settings.LANGUAGES
    )


SCOPES: Final = {
    Scope.REPORTS_WRITE: _("bring reports"),
    Scope.INTAKE_READ: _("look at what came in"),
    Scope.INTAKE_WRITE: _("work on what came in"),
    Scope.FEEDS_WRITE: _("set up feeds"),
    Scope.FINDINGS_READ: _("look at findings"),
    Scope.FINDINGS_WRITE: _("record what owners say"),
    Scope.NOTICES_READ: _("look at notices"),
    Scope.NOTICES_WRITE: _("answer notices, send again"),
    Scope.NOTICES_APPROVE: _("approve notices, set policies and silences"),
    Scope.ORGANIZATIONS_READ: _("look at organizations"),
    Scope.ORGANIZATIONS_WRITE: _("change organizations"),
    Scope.ENDPOINTS_WRITE: _("change chat rooms and webhooks, propose contacts"),
    Scope.METRICS_READ: _("read the figures of the monitoring"),
    Scope.ADMIN: _("manage people and tokens, read the audit trail"),
}


def scope_said(scope: str) -> str:
    """Return what a scope permits, in the reader's language."""
    return str(SCOPES[Scope(scope)])


class NewToken(forms.Form):
    """A token to make."""

    name = forms.CharField(label=_("What it is for"), max_length=200)
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        choices=lambda: [(scope.value, f"{said} ({scope.value})") for scope, said in SCOPES.items()],
    )
    organization = forms.CharField(
        label=_("The one organization it sees"),
        max_length=100,
        required=False,
        help_text=_("Its identifier. Leave it empty for a token that sees all organizations."),
    )
    last_day = forms.DateField(
        label=_("Holds until the end of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Leave it empty for a token that holds until it is revoked."),
    )

    def __init__(self, *args: Any, exists: Callable[[str], bool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._exists = exists

    def clean_organization(self) -> str:
        """Refuse an organization that is not there."""
        found: str = self.cleaned_data["organization"]
        if found and not self._exists(found):
            raise forms.ValidationError(_("There is no organization of this identifier."))
        return found

    def clean(self) -> dict[str, Any]:
        """Refuse what a token of one organization may not hold."""
        found = super().clean() or self.cleaned_data
        beyond = {Scope(name) for name in found.get("scopes", ())} - FOR_ORGANIZATIONS
        if found.get("organization") and beyond:
            self.add_error("scopes", _("A token of one organization may only look at what is its own, and answer."))
        return found
