"""Write the constituency: import files, change single rows, let users belong; say what is held by another now."""

from tocsin.constituency.actions.contacting import (
    confirm_contact,
    demand_encryption,
    mark_dead,
    set_contact_state,
)
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
from tocsin.constituency.actions.importing import AboveItself, NoSuchParent, OtherThanExpected, import_all
from tocsin.constituency.actions.joining import NotAMember, belong, join, pass_members_on, see_below
from tocsin.constituency.actions.noting import note_fact, withdraw_fact
from tocsin.constituency.actions.recording import forget_changes, note_change
from tocsin.constituency.actions.succeeding import Passing, fingerprint, foresee, mark_carried, succeed, succeed_all
from tocsin.constituency.actions.uploading import (
    NoSuchUpload,
    TooLarge,
    Upload,
    keep_upload,
    kept_upload,
    mark_imported,
)
from tocsin.constituency.rules.succession import BadSuccession

__all__ = [
    "AboveItself",
    "BadSuccession",
    "HeldAlready",
    "NoSuchParent",
    "NoSuchUpload",
    "NotAMember",
    "OrganizationExists",
    "OtherThanExpected",
    "Passing",
    "TooLarge",
    "Upload",
    "add_organization",
    "belong",
    "change_item",
    "change_organization",
    "confirm_contact",
    "demand_encryption",
    "fingerprint",
    "foresee",
    "forget_changes",
    "hold",
    "ignore",
    "import_all",
    "join",
    "keep_upload",
    "kept_upload",
    "mark_carried",
    "mark_dead",
    "mark_imported",
    "note_change",
    "note_fact",
    "pass_members_on",
    "see_below",
    "set_contact_state",
    "succeed",
    "succeed_all",
    "withdraw",
    "withdraw_fact",
]
