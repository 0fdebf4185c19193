"""The page about tokens, for administrators: who or what may call the API, and how to end that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tocsin.accounts import actions, queries
from tocsin.accounts.forms import NewToken, scope_said
from tocsin.accounts.models import ApiToken
from tocsin.accounts.views.confirming import proven
from tocsin.base.tenancy import Viewer
from tocsin.base.web.paging import page
from tocsin.base.web.views import administrators_only

Exists = Callable[[Viewer, str], bool]
"""Tells whether there is an organization of this identifier: organizations are upstairs."""


def patterns(*, exists: Exists) -> list[URLPattern]:
    """Return the addresses of the page."""

    @administrators_only
    @proven
    def tokens(request: HttpRequest) -> HttpResponse:
        """For administrators who proved just now who they are: list tokens, and make one. Its secret is shown this once."""
        viewer: Viewer = request.viewer  # type: ignore[attr-defined]
        form = NewToken(request.POST or None, exists=lambda id_: exists(viewer, id_))
        made, secret = None, ""
        if request.method == "POST" and form.is_valid():
            made, secret = _add(form.cleaned_data, viewer)
            form = NewToken(exists=lambda id_: exists(viewer, id_))
        found = page(request, queries.tokens(viewer))
        now = datetime.now(UTC)
        for token in found.rows:
            token.says = [scope_said(scope) for scope in token.scopes]
        context = {"page": found, "form": form, "made": made, "secret": secret, "now": now}
        return render(request, "accounts/tokens.html", context)

    return [
        path("tokens/", tokens, name="tokens"),
        path("tokens/<uuid:id_>/revocation/", revoke, name="revoke-token"),
    ]


def _add(wanted: dict[str, Any], viewer: Viewer) -> tuple[ApiToken, str]:
    day = wanted["last_day"]
    end = None if day is None else timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
    return actions.add_token(
        name=wanted["name"],
        scopes=wanted["scopes"],
        organization=wanted["organization"],
        expires_at=end,
        actor=viewer,
        now=datetime.now(UTC),
    )


@administrators_only
@proven
@require_POST
def revoke(request: HttpRequest, id_: UUID) -> HttpResponse:
    """For administrators: end a token for good."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    token = get_object_or_404(queries.tokens(viewer), pk=id_)
    try:
        actions.revoke_token(token=token, actor=viewer, now=datetime.now(UTC))
        messages.success(request, _("Revoked: it opens nothing any more."))
    except actions.AlreadyRevoked:
        messages.error(request, _("It was revoked before."))
    return redirect("tokens")
