"""What an act is called on the screen. A test holds that every act that is recorded is here."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTS: Final[dict[str, Promise]] = {
    "constituency-imported": _("imported the constituency"),
    "ignore-list-changed": _("changed the ignore list"),
    "notice-approved": _("approved a notice"),
    "notice-answered": _("answered a notice"),
    "organization-added": _("added an organization"),
    "organization-changed": _("changed an organization or what it holds"),
    "organization-closed": _("closed an organization"),
    "events-reattributed": _("had events attributed again"),
    "rejects-replayed": _("had rejected rows parsed again"),
    "user-added": _("added a person"),
}


def act(action: str) -> str:
    """Return what an act is called in the reader's language; one nobody named, as it is."""
    return str(ACTS.get(action, action))
