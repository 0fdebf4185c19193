"""Read people."""

from __future__ import annotations

from tocsin.accounts.models import User
from tocsin.base.tenancy import Viewer


def by_email(viewer: Viewer, email: str) -> User | None:
    """Return the person with this address; only the team may look."""
    return User.objects.filter(email=email.lower()).first() if viewer.sees_everything else None
