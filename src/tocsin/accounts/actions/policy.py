"""What is asked of people who sign in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from tocsin.accounts.models import SignInPolicy
from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import NotAllowed, Role, Viewer


@transaction.atomic
def require_factor_of(*, roles: Collection[Role], actor: Viewer, now: datetime) -> None:
    """Say which roles must have a second factor. Raise NotAllowed."""
    if actor.role is not Role.ADMINISTRATOR:
        raise NotAllowed("only administrators say how people sign in")
    named = [role.value for role in Role if role in roles]
    SignInPolicy.objects.update_or_create(pk=1, defaults={"factor_roles": named})
    said = {"roles": named}
    audit.record(actor=actor, action="factor-required", object_kind="policy", object_id="sign-in", now=now, detail=said)
