"""Who one is, by API, for everybody who calls."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop as _
from ninja import Field, Router, Schema

from tocsin.base.api.door import Call
from tocsin.base.api.house import route
from tocsin.base.api.scopes import Scope

me = Router(tags=["me"])


class Me(Schema):
    """Who calls, and what they may do."""

    name: str
    role: str = Field(description=_("The role whose rights apply."))
    scopes: list[Scope]
    organizations: list[str] | None = Field(description=_("The organizations one sees; null is all."))


@me.get("", response=Me, **route(None, _("Tell who calls, and what they may do")))
def get_me(request: Call) -> dict[str, Any]:
    """Return the caller."""
    ids = request.viewer.organization_ids
    return {
        "name": request.caller.name,
        "role": request.viewer.role.value,
        "scopes": sorted(request.caller.scopes),
        "organizations": None if ids is None else sorted(ids),
    }
