"""What is done with surveys."""

from __future__ import annotations

from tocsin.surveys.actions.answering import Closed, answer
from tocsin.surveys.actions.drafting import (
    BadSurvey,
    NotADraft,
    Wanted,
    draft,
    drop,
    reached,
    redraft,
    rendered,
    test,
)
from tocsin.surveys.actions.mailing import bounce_mail, send_mails
from tocsin.surveys.actions.sending import NobodySelected, NotSent, NotTried, chase, close, remind, send
from tocsin.surveys.actions.using import NobodyChosen, note_fact, warn

__all__ = [
    "BadSurvey",
    "Closed",
    "NobodyChosen",
    "NobodySelected",
    "NotADraft",
    "NotSent",
    "NotTried",
    "Wanted",
    "answer",
    "bounce_mail",
    "chase",
    "close",
    "draft",
    "drop",
    "note_fact",
    "reached",
    "redraft",
    "remind",
    "rendered",
    "send",
    "send_mails",
    "test",
    "warn",
]
