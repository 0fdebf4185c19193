"""What is done with what comes in, a module a verb."""

from tocsin.intake.actions.replaying import Replayed, replay
from tocsin.intake.actions.taking import Folded, keep, process, take

__all__ = ["Folded", "Replayed", "keep", "process", "replay", "take"]
