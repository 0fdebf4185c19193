"""Who looks: every query takes a viewer, and gives only what that viewer may see."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


class Role(StrEnum):
    """What a person may do. A contact sees only their own organizations."""

    ADMINISTRATOR = "administrator"
    ANALYST = "analyst"
    APPROVER = "approver"
    READER = "reader"
    CONTACT = "contact"


WRITERS = {Role.ADMINISTRATOR, Role.ANALYST, Role.APPROVER}
APPROVERS = {Role.ADMINISTRATOR, Role.APPROVER}


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person, a token or the system, with what they may see. `organization_ids` None means all."""

    user_id: int | None
    email: str
    role: Role
    organization_ids: frozenset[str] | None = None

    @property
    def sees_everything(self) -> bool:
        """Whether no organization is hidden."""
        return self.organization_ids is None

    @property
    def may_write(self) -> bool:
        """Whether the viewer may change things of the team."""
        return self.role in WRITERS

    @property
    def may_approve(self) -> bool:
        """Whether the viewer may let a notice go out."""
        return self.role in APPROVERS


SYSTEM = Viewer(None, "system", Role.ADMINISTRATOR)


class NotAllowed(Exception):
    """The viewer's role does not permit this."""


def scoped(rows: models.QuerySet[M], viewer: Viewer, column: str = "organization_id") -> models.QuerySet[M]:
    """Return the rows of `rows` that the viewer may see."""
    if viewer.organization_ids is None:
        return rows
    return rows.filter(**{f"{column}__in": viewer.organization_ids})
