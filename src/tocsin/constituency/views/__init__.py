"""Pages about the constituency: to read it, to change it, to import files."""

from tocsin.constituency.views.editing import (
    add_ignored,
    add_organization,
    change_organization,
    change_row,
    hold,
)
from tocsin.constituency.views.importing import preview, upload
from tocsin.constituency.views.reading import check, file, ignored, organization, organizations
from tocsin.constituency.views.succeeding import succession_preview, successions

__all__ = [
    "add_ignored",
    "add_organization",
    "change_organization",
    "change_row",
    "check",
    "file",
    "hold",
    "ignored",
    "organization",
    "organizations",
    "preview",
    "succession_preview",
    "successions",
    "upload",
]
