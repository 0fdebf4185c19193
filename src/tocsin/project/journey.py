"""The six stops, in order: read this first.

Each is one function. What it hands over is a file that is complete or a row that is committed, so
every stop may be repeated after a crash.
"""

from __future__ import annotations

STOPS = (
    # A feed's source is visited, and bytes are kept as they arrived, once, under their SHA-256.
    ("collect", "tocsin.intake.actions.collect"),
    # Bytes become events and rejects; a parser never raises on data. One folder per format.
    ("parse", "tocsin.feeds.recognize.recognize"),
    # Who held this name or address at that time, and why; duplicates are dropped on the way.
    ("attribute", "tocsin.pipeline.steps.run"),
    # Many events of one asset and kind become one finding; batch and findings commit together.
    ("fold", "tocsin.findings.actions.fold"),
    # Should this organization hear from us now? A pure function with a named reason.
    ("decide", "tocsin.notices.rules.decide"),
    # A message is handed over, or its failure has a name; the answer comes back by its link.
    ("deliver", "tocsin.notices.actions.deliver_all"),
)
