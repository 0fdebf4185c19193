"""Read people."""

from __future__ import annotations

from django.db.models import QuerySet

from tocsin.accounts.models import SavedView, User
from tocsin.base.tenancy import Viewer


def by_email(viewer: Viewer, email: str) -> User | None:
    """Return the person with this address; only the team may look."""
    return User.objects.filter(email=email.lower()).first() if viewer.sees_everything else None


def saved_views(viewer: Viewer, page: str = "") -> QuerySet[SavedView]:
    """Return the viewer's own saved views, perhaps of one page."""
    if viewer.user_id is None:
        return SavedView.objects.none()
    rows = SavedView.objects.filter(user_id=viewer.user_id).order_by("name")
    return rows.filter(page=page) if page else rows
