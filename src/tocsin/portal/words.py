"""Words of the portal that pages and the API share."""

from __future__ import annotations

from django.utils.translation import gettext as _


def refused(why: str) -> str:
    """Return why a file is not taken as proof."""
    return {
        "empty": _("Nothing was recorded: the file is empty."),
        "large": _("Nothing was recorded: the file is larger than 10 MB."),
        "together": _("Nothing was recorded: your organization has no room left for files."),
        "kind": _("Nothing was recorded: files of this kind are not taken."),
    }.get(why, _("Nothing was recorded: the file is not what its name says."))
