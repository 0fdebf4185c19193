"""Write the constituency: import files, change single rows, let users belong; say what is held by another now."""

from tocsin.constituency.actions.editing import (
    HeldAlready,
    OrganizationExists,
    add_organization,
    change_item,
    change_organization,
    hold,
    ignore,
    withdraw,
)
from tocsin.constituency.actions.importing import AboveItself, NoSuchParent, import_all
from tocsin.constituency.actions.joining import join
from tocsin.constituency.actions.recording import forget_changes, note_change

__all__ = [
    "AboveItself",
    "HeldAlready",
    "NoSuchParent",
    "OrganizationExists",
    "add_organization",
    "change_item",
    "change_organization",
    "forget_changes",
    "hold",
    "ignore",
    "import_all",
    "join",
    "note_change",
    "withdraw",
]
