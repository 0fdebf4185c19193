"""Let users belong to organizations."""

from __future__ import annotations

from tocsin.accounts.models import User
from tocsin.constituency.models import Membership, Organization


def join(*, user: User, organization: Organization, sees_children: bool = False) -> None:
    """Let a user see what is this organization's, and with `sees_children` what is of those below it."""
    Membership.objects.update_or_create(user=user, organization=organization, defaults={"sees_children": sees_children})
