"""Words of surveys as people read them."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from tocsin.surveys.rules import Question

YES_NO: Final[dict[str, Promise]] = {
    "yes": pgettext_lazy("survey", "Yes"),
    "no": pgettext_lazy("survey", "No"),
    "unknown": pgettext_lazy("survey", "We do not know"),
}
KINDS: Final[dict[str, Promise]] = {
    "yes-no": pgettext_lazy("survey", "yes, no or do not know"),
    "choice": pgettext_lazy("survey", "one of a list"),
    "number": pgettext_lazy("survey", "a number"),
    "text": pgettext_lazy("survey", "a text"),
    "date": pgettext_lazy("survey", "a day"),
}


def say(question: Question, value: str, language: str) -> str:
    """Return an answer in words."""
    if question.kind == "yes-no" and value in YES_NO:
        return str(YES_NO[value])
    if question.kind == "choice":
        return dict(question.choices(language)).get(value, value)
    return value
