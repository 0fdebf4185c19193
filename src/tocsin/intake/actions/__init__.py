"""What is done with what comes in, a module a verb."""

from tocsin.intake.actions.collecting import AlreadyCollecting, collect
from tocsin.intake.actions.processing import process_next
from tocsin.intake.actions.replaying import Replayed, replay
from tocsin.intake.actions.taking import Folded, keep, process, take

__all__ = [
    "AlreadyCollecting",
    "Folded",
    "Replayed",
    "collect",
    "keep",
    "process",
    "process_next",
    "replay",
    "take",
]
