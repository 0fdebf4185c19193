"""What is done with what comes in, a module a verb."""

from tocsin.intake.actions.collecting import AlreadyCollecting, collect, give_back
from tocsin.intake.actions.processing import process_next
from tocsin.intake.actions.reattributing import Reattributed, pending, preview, reattribute
from tocsin.intake.actions.replaying import Replayed, replay
from tocsin.intake.actions.taking import Folded, arrived, get_ready, keep, keep_files, note_newest, process, take
from tocsin.intake.actions.watching import mark_read

__all__ = [
    "AlreadyCollecting",
    "Folded",
    "Reattributed",
    "Replayed",
    "arrived",
    "collect",
    "get_ready",
    "give_back",
    "keep",
    "keep_files",
    "mark_read",
    "note_newest",
    "pending",
    "preview",
    "process",
    "process_next",
    "reattribute",
    "replay",
    "take",
]
