"""Write the constituency: import files, change single rows, let users belong; say what is held by another now."""

from tocsin.constituency.actions.importing import AboveItself, NoSuchParent, import_all
from tocsin.constituency.actions.joining import join
from tocsin.constituency.actions.recording import forget_changes, note_change

__all__ = ["AboveItself", "NoSuchParent", "forget_changes", "import_all", "join", "note_change"]
