"""What the libraries say to people. The sentences are theirs; the Vietnamese, which they lack, is in our catalogue.

A test holds that every sentence of the modules named here is in it.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_noop as gettext

ALLAUTH: Final = (
    "account/adapter.py",
    "account/fields.py",
    "account/forms.py",
    "mfa/adapter.py",
    "mfa/models.py",
    "mfa/base/forms.py",
    "mfa/totp/forms.py",
    "mfa/webauthn/forms.py",
    "socialaccount/adapter.py",
)
"""Modules of django-allauth whose sentences people can meet."""

SAID: Final = (
    gettext("This account is currently inactive."),
    gettext("You cannot remove your primary email address."),
    gettext("This email address is already associated with this account."),
    gettext("The email address and/or password you specified are not correct."),
    gettext("The phone number and/or password you specified are not correct."),
    gettext("A user is already registered with this email address."),
    gettext("Please type your current password."),
    gettext("Incorrect code."),
    gettext("Incorrect password."),
    gettext("Invalid or expired key."),
    gettext("Invalid login."),
    gettext("The password reset token was invalid."),
    gettext("You cannot add more than %d email addresses."),
    gettext("A user is already registered with this phone number."),
    gettext("Too many failed login attempts. Try again later."),
    gettext("The email address is not assigned to any user account."),
    gettext("The phone number is not assigned to any user account."),
    gettext("Your primary email address must be verified."),
    gettext("Username can not be used. Please use other username."),
    gettext("The username and/or password you specified are not correct."),
    gettext("Please select only one."),
    gettext("The new value must be different from the current one."),
    gettext("Be patient, you are sending too many requests."),
    gettext("Use your password"),
    gettext("Use authenticator app or code"),
    gettext("Use a security key"),
    gettext("Email"),
    gettext("Email address"),
    gettext("Forgot your password?"),
    gettext("Enter a phone number including country code (e.g. +1 for the US)."),
    gettext("Phone"),
    gettext("You must type the same password each time."),
    gettext("Password"),
    gettext("Remember Me"),
    gettext("Username"),
    gettext("Username, email or phone"),
    gettext("Username or email"),
    gettext("Username or phone"),
    gettext("Email or phone"),
    gettext("Email (again)"),
    gettext("Email address confirmation"),
    gettext("Email (optional)"),
    gettext("Username (optional)"),
    gettext("You must type the same email each time."),
    gettext("Password (again)"),
    gettext("Current Password"),
    gettext("New Password"),
    gettext("New Password (again)"),
    gettext("Code"),
    gettext("You cannot add an email address to an account protected by two-factor authentication."),
    gettext("You cannot deactivate two-factor authentication."),
    gettext("You cannot generate recovery codes without having two-factor authentication enabled."),
    gettext("You cannot activate two-factor authentication until you have verified your email address."),
    gettext("Master key"),
    gettext("Backup key"),
    gettext("Key nr. {number}"),
    gettext("Recovery codes"),
    gettext("TOTP Authenticator"),
    gettext("WebAuthn"),
    gettext("Authenticator code"),
    gettext("Passwordless"),
    gettext(
        "Enabling passwordless operation allows you to sign in using just this key, but imposes additional requirements such as biometrics or PIN protection."
    ),
    gettext(
        "An account already exists with this email address. Please sign in to that account first, then connect your %s account."
    ),
    gettext("Invalid token."),
    gettext("Your account has no password set up."),
    gettext("Your account has no verified email address."),
    gettext("You cannot disconnect your last remaining third-party account."),
    gettext("The third-party account is already connected to a different account."),
)

FORMS: Final = (
    gettext("Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."),
    gettext("Null characters are not allowed."),
    gettext("Enter a valid duration."),
    gettext("The number of days must be between {min_days} and {max_days}."),
    gettext("Enter a complete value."),
    gettext("Enter a valid UUID."),
    gettext("Enter a valid JSON."),
    gettext("ManagementForm data is missing or has been tampered with"),
    gettext("“%(pk)s” is not a valid value."),
    gettext(
        "%(datetime)s couldn’t be interpreted in time zone %(current_timezone)s; it may be ambiguous or it may not exist."
    ),
    gettext("File extension “%(extension)s” is not allowed. Allowed extensions are: %(allowed_extensions)s."),
    gettext("This is not a valid IPv6 address."),
    gettext("“%(value)s” value must be an integer."),
    gettext("“%(value)s” value must be a decimal number."),
    gettext("“%(value)s” is not a valid UUID."),
    gettext("Value must be valid JSON."),
)
"""Sentences of Django's forms that its Vietnamese catalogue leaves out."""
