"""What may be asked, what is an answer, and when the silent are reminded."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tocsin.notices.hours import Calendar, Extra
from tocsin.surveys import rules

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
LIST = {"kind": "choice", "vi": "Bản nào?", "en": "Which?", "options": [{"vi": "Cũ", "en": "Old"}, "4.0"]}


def _one(kind: str, **more: object) -> rules.Question:
    options = LIST["options"] if kind == "choice" else []
    return rules.questions([{"kind": kind, "vi": "Hỏi", "en": "Asked", "options": options, **more}])[0]


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("yes-no", "yes", "yes"),
        ("choice", "2", "2"),
        ("number", "1 200,50", "1200.5"),
        ("number", "100", "100"),
        ("number", "-0", "0"),
        ("text", " Bản 3.1 ", "Bản 3.1"),
        ("date", "2026-01-31", "2026-01-31"),
    ],
)
def test_an_answer_is_kept_in_one_form(kind: str, given: str, kept: str) -> None:
    assert rules.values([_one(kind)], {"1": given}) == {"1": kept}


@pytest.mark.parametrize(
    ("kind", "given", "why"),
    [
        ("yes-no", "perhaps", "word"), ("choice", "0", "word"), ("choice", "3", "word"), ("choice", "²", "word"), ("number", "many", "number"),
        ("number", "1e99", "number"), ("number", "NaN", "number"), ("number", "0.12345678", "number"), ("date", "31/01/2026", "date"),
        ("text", "x" * 2_001, "long"), ("text", "", "missing"), ("text", " \0", "missing"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused_with_its_reason(kind: str, given: str, why: str) -> None:
    with pytest.raises(rules.BadValue) as refused:
        rules.values([_one(kind)], {"1": given})
    assert refused.value.why == why


def test_what_need_not_be_answered_may_stay_open_but_not_all_of_it() -> None:
    asked = rules.questions([{"kind": "text", "vi": "x", "en": "x", "required": False}] * 2)
    assert rules.values(asked, {"2": "Có", "9": "no question"}) == {"2": "Có"}
    with pytest.raises(rules.BadValue):
        rules.values(asked, {})


@pytest.mark.parametrize(
    "given",
    [
        [],
        [LIST] * 11,
        [{"kind": "essay", "vi": "x", "en": "x"}],
        [{"kind": "text", "vi": "x"}],
        [{**LIST, "options": ["one"]}],
        [{**LIST, "options": [{"vi": "x", "en": ""}, "y"]}],
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(given: list[dict[str, object]]) -> None:
    with pytest.raises(rules.BadQuestion):
        rules.questions(given)


def test_answers_are_counted_and_of_numbers_sum_and_median_told() -> None:
    asked = rules.questions([LIST, {"kind": "number", "vi": "x", "en": "x"}, {"kind": "date", "vi": "x", "en": "x"}])
    answers = [{"1": "1", "2": "9"}, {"1": "1", "2": "1.5", "3": "2026-02-01"}, {"2": "10", "3": "2025-12-31"}, {}]
    of_list, number, day = rules.tally(asked, answers)
    assert (of_list.n_answered, of_list.counts) == (2, {"1": 2, "2": 0})
    assert (number.total, number.median, number.least, number.most) == (Decimal("20.5"), Decimal(9), "1.5", "10")
    assert (day.n_answered, day.total, day.least, day.most) == (2, None, "2025-12-31", "2026-02-01")


def test_the_silent_are_reminded_when_work_begins_so_many_working_days_before() -> None:
    # Due on a Tuesday; the weekend and a holiday on Monday are no working days.
    due = rules.due(date(2027, 3, 16), HANOI)
    assert due == datetime(2027, 3, 16, 16, 59, 59, tzinfo=UTC)
    calendar = Calendar(extra=(Extra(date(2027, 3, 15), date(2027, 3, 15), works=False),))
    assert rules.before(due, 3, calendar) == datetime(2027, 3, 10, 1, tzinfo=UTC)
    assert rules.before(due, 0, calendar) == datetime(2027, 3, 16, 1, tzinfo=UTC)
