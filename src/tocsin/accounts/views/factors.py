"""Second factors: an authenticator app, passkeys, recovery codes. Each change is written down with it, and mailed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.adapter import get_adapter as get_factor_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.views import AddWebAuthnView, EditWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from tocsin.accounts import actions, queries
from tocsin.accounts.views.confirming import Proven
from tocsin.accounts.views.person import person


@login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """For whoever must have a second factor and has none: choose one. Nothing else is open until then."""
    if queries.has_factor(person(request)):
        return redirect("account")
    context = {"must": queries.must_have_factor(person(request)), "is_address": _is_address(request)}
    return render(request, "accounts/second_factor.html", context)


def _is_address(request: HttpRequest) -> bool:
    """Tell whether the page was reached by a bare address: browsers tie passkeys to names only."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    return host.startswith("[") or host.replace(".", "").isdigit()


class _Recorded:
    """A change that is written down in one transaction with itself."""

    action = ""
    factor = ""
    request: HttpRequest

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Make the change and the record of it."""
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
            actions.record_factor(
                user=person(self.request),
                action=self.action,
                factor=self.factor,
                now=datetime.now(UTC),
            )
        return response


class AddApp(Proven, _Recorded, ActivateTOTPView):
    """For everybody signed in: set up an authenticator app."""

    template_name = "accounts/add_app.html"
    action, factor = "factor-added", Authenticator.Type.TOTP.value

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Say that it works."""
        response = super().form_valid(form)
        messages.success(self.request, _("The authenticator app is set up."))
        return response


class RemoveApp(Proven, _Recorded, DeactivateTOTPView):
    """For everybody signed in: remove the authenticator app, unless it is the last factor of who must have one."""

    template_name = "accounts/remove_app.html"
    action, factor = "factor-removed", Authenticator.Type.TOTP.value


class AddPasskey(Proven, _Recorded, AddWebAuthnView):
    """For everybody signed in: add a passkey, kept by the device, which asks for its PIN or a finger each time."""

    template_name = "accounts/add_passkey.html"
    action, factor = "factor-added", Authenticator.Type.WEBAUTHN.value

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Ask for a key that works as the only step too."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["form"] = kwargs.get("form") or self.get_form()
        context["js_data"] = {"creation_options": webauthn.begin_registration(person(self.request), True)}
        context["is_address"] = _is_address(self.request)
        return context

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Say that it works."""
        response = super().form_valid(form)
        messages.success(self.request, _("The passkey is added."))
        return response


class RemovePasskey(Proven, RemoveWebAuthnView):
    """For everybody signed in: remove a passkey, unless it is the last factor of who must have one."""

    template_name = "accounts/remove_passkey.html"

    def get_success_url(self) -> str:
        """Return to the account."""
        return reverse("account")

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Remove it and write it down in one transaction."""
        if not get_factor_adapter().can_delete_authenticator(self.get_object()):
            messages.error(
                self.request, _("Your role must have a second factor: add another one before you remove this.")
            )
            return redirect("account")
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            actions.record_factor(
                user=person(self.request),
                action="factor-removed",
                factor=Authenticator.Type.WEBAUTHN.value,
                now=datetime.now(UTC),
            )
        return response


class RenamePasskey(Proven, EditWebAuthnView):
    """For everybody signed in: call a passkey something else."""

    template_name = "accounts/rename_passkey.html"

    def get_success_url(self) -> str:
        """Return to the account."""
        return reverse("account")


class NewCodes(Proven, _Recorded, GenerateRecoveryCodesView):
    """For everybody with a second factor: new recovery codes; the old ones end."""

    template_name = "accounts/new_codes.html"
    action, factor = "codes-made", Authenticator.Type.RECOVERY_CODES.value


class Codes(Proven, ViewRecoveryCodesView):
    """For everybody with a second factor: the recovery codes, shown once."""

    template_name = "accounts/codes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead on to where the person wanted to go."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["on"] = get_adapter(self.request).get_login_redirect_url(self.request)
        return context
