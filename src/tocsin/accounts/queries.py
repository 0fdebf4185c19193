"""Read people."""

from __future__ import annotations

from django.db.models import QuerySet

from tocsin.accounts.models import ApiToken, SavedView, User
from tocsin.base.tenancy import Role, Viewer


def by_email(viewer: Viewer, email: str) -> User | None:
    """Return the person with this address; only the team may look."""
    return User.objects.filter(email=email.lower()).first() if viewer.sees_everything else None


def saved_views(viewer: Viewer, page: str = "") -> QuerySet[SavedView]:
    """Return the viewer's own saved views, perhaps of one page."""
    if viewer.user_id is None:
        return SavedView.objects.none()
    rows = SavedView.objects.filter(user_id=viewer.user_id).order_by("name")
    return rows.filter(page=page) if page else rows


def people(viewer: Viewer) -> QuerySet[User]:
    """Return everybody who signs in; only administrators may look."""
    rows = User.objects.order_by("pk")
    return rows if viewer.role is Role.ADMINISTRATOR else rows.none()


def tokens(viewer: Viewer) -> QuerySet[ApiToken]:
    """Return the tokens, newest first; only administrators may look."""
    rows = ApiToken.objects.select_related("created_by").order_by("-pk")
    return rows if viewer.role is Role.ADMINISTRATOR else rows.none()
