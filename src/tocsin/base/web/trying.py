"""Try something that goes out to many on test addresses first: the form is the same whatever it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest
from django.utils.translation import gettext as _


def on_addresses(request: HttpRequest, test: Callable[[list[str]], Sequence[dict[str, Any]]]) -> None:
    """Hand it over to the addresses that were typed, and say what came of it; nothing goes out when one is none."""
    to = request.POST.get("to", "").replace(",", " ").split()
    try:
        for one in to:
            validate_email(one)
    except ValidationError:
        messages.error(request, _("Please look at what you typed: an address is not right."))
        return
    if all(one["state"] == "handed-over" for one in test(to)):
        messages.success(request, _("Handed over to the test addresses, in both languages."))
    else:
        messages.error(request, _("Not every test address got it; see below."))
