"""What requests about proposals, registrations and claims have in common."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _
from ninja import Field, Schema


class DecisionIn(Schema):
    """What the team makes of a proposal."""

    approve: bool
    because: str = Field("", max_length=1000)


class ProposalFilters(Schema):
    """Which proposals."""

    open: bool = Field(False, description=_("Only those that wait for the team."))
