"""What may be asked, what is an answer to it, what all answers come to, and when the silent are reminded. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from tocsin.notices.hours import Calendar

KINDS: Final = ("yes-no", "choice", "number", "text", "date")
WORDS: Final = ("yes", "no", "unknown")
ASKED_AT_MOST: Final = 10
OPTIONS_AT_MOST: Final = 20
LONGEST: Final = 2_000
LARGEST: Final = Decimal(10) ** 15
_OPTION = re.compile(r"[1-9][0-9]?\Z")


class BadQuestion(Exception):
    """A question cannot be asked so; `place` counts from 1."""

    def __init__(self, place: int, says: str) -> None:
        super().__init__(f"question {place}: {says}")
        self.place, self.says = place, says


class BadValue(Exception):
    """What was answered is no answer to the question; `why` is missing, word, number, date or long."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"question {key}: {why}")
        self.key, self.why = key, why


@dataclass(frozen=True, slots=True)
class Question:
    """One question in both languages. `key` is its place, from 1; an option is answered by its place."""

    key: str
    kind: str
    vi: str
    en: str
    options: tuple[tuple[str, str], ...] = ()
    required: bool = True

    def text(self, language: str) -> str:
        """Return what is asked, in a language."""
        return self.en if language.startswith("en") else self.vi

    def choices(self, language: str) -> list[tuple[str, str]]:
        """Return the options of a list, each by its place."""
        return [(str(place), en if language.startswith("en") else vi) for place, (vi, en) in enumerate(self.options, 1)]

    def kept(self) -> dict[str, Any]:
        """Return the question as a document."""
        options = [{"vi": vi, "en": en} for vi, en in self.options]
        return {"kind": self.kind, "vi": self.vi, "en": self.en, "options": options, "required": self.required}


def questions(given: Sequence[Mapping[str, Any]]) -> list[Question]:
    """Return the questions of a document, in order. Raise BadQuestion."""
    if not 1 <= len(given) <= ASKED_AT_MOST:
        raise BadQuestion(1, f"from 1 to {ASKED_AT_MOST} questions")
    return [_question(place, one) for place, one in enumerate(given, 1)]


def _question(place: int, given: Mapping[str, Any]) -> Question:
    kind = str(given.get("kind", ""))
    if kind not in KINDS:
        raise BadQuestion(place, f"kind is none of {', '.join(KINDS)}")
    vi, en = (str(given.get(name, "")).replace("\0", "").strip() for name in ("vi", "en"))
    if not vi or not en:
        raise BadQuestion(place, "say it in both languages")
    if max(len(vi), len(en)) > LONGEST:
        raise BadQuestion(place, "it is too long")
    options = given.get("options") or []
    if kind != "choice":
        options = []
    elif not isinstance(options, list) or not 2 <= len(options) <= OPTIONS_AT_MOST:
        raise BadQuestion(place, f"a list has from 2 to {OPTIONS_AT_MOST} options")
    return Question(
        str(place), kind, vi, en, tuple(_option(place, one) for one in options), bool(given.get("required", True))
    )


def _option(place: int, given: Any) -> tuple[str, str]:
    pair = (given.get("vi", ""), given.get("en", "")) if isinstance(given, Mapping) else (given, given)
    vi, en = (str(text).replace("\0", "").strip() for text in pair)
    if not vi or not en or max(len(vi), len(en)) > 200:
        raise BadQuestion(place, "each option is said in both languages, in at most 200 characters")
    return vi, en


def values(asked: Sequence[Question], given: Mapping[str, Any]) -> dict[str, str]:
    """Return the answers as they are kept; what was left open is left out. Raise BadValue."""
    found = {one.key: _value(one, str(given.get(one.key) or "").replace("\0", "").strip()) for one in asked}
    found = {key: value for key, value in found.items() if value}
    if not found:
        raise BadValue(asked[0].key, "missing")
    return found


def _value(question: Question, text: str) -> str:
    if not text:
        if question.required:
            raise BadValue(question.key, "missing")
        return ""
    if len(text) > LONGEST:
        raise BadValue(question.key, "long")
    if question.kind == "yes-no" and text not in WORDS:
        raise BadValue(question.key, "word")
    if question.kind == "choice" and not (_OPTION.match(text) and int(text) <= len(question.options)):
        raise BadValue(question.key, "word")
    if question.kind == "number":
        return _number(question, text)
    if question.kind == "date":
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError as error:
            raise BadValue(question.key, "date") from error
    return text


def _number(question: Question, text: str) -> str:
    try:
        found = Decimal(text.replace(" ", "").replace(",", "."))
    except InvalidOperation as error:
        raise BadValue(question.key, "number") from error
    if not found.is_finite() or abs(found) > LARGEST or -int(found.as_tuple().exponent) > 6:
        raise BadValue(question.key, "number")
    return f"{found.normalize() + 0:f}"


@dataclass(slots=True)
class Tally:
    """What the answers to one question come to. `counts`: by word or option, those nobody chose with 0."""

    question: Question
    n_answered: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    total: Decimal | None = None
    median: Decimal | None = None
    least: str = ""
    most: str = ""


def tally(asked: Sequence[Question], answers: Iterable[Mapping[str, str]]) -> list[Tally]:
    """Count the answers to each question; of numbers also sum and median, of numbers and dates least and most."""
    every: dict[str, list[str]] = {one.key: [] for one in asked}
    for answer in answers:
        for key, value in answer.items():
            every[key].append(value)
    return [_counted(one, every[one.key]) for one in asked]


def _counted(question: Question, given: list[str]) -> Tally:
    found = Tally(question, len(given))
    counts = Counter(given)
    if question.kind == "yes-no":
        found.counts = {word: counts[word] for word in WORDS}
    if question.kind == "choice":
        found.counts = {key: counts[key] for key, _ in question.choices("vi")}
    if question.kind == "number" and given:
        numbers = sorted(Decimal(text) for text in given)
        found.total, found.median = sum(numbers, Decimal(0)), Decimal(median(numbers))
        found.least, found.most = f"{numbers[0]:f}", f"{numbers[-1]:f}"
    if question.kind == "date" and given:
        found.least, found.most = min(given), max(given)
    return found


def before(due_at: datetime, days: int, calendar: Calendar) -> datetime:
    """Return when that many working days are left until the due day: when work begins on that day."""
    day = calendar.local(due_at).date()
    left = days
    for _ in range(400):
        if left <= 0:
            break
        day -= timedelta(days=1)
        left -= calendar.works_on(day)
    return datetime.combine(day, calendar.opens, tzinfo=ZoneInfo(calendar.zone)).astimezone(UTC)


def due(day: date, zone: ZoneInfo) -> datetime:
    """Return the end of a day there, in UTC."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=zone).astimezone(UTC)
