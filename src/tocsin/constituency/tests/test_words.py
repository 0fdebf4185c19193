"""What rules and files say in English, the console says in both languages, in the same words."""

from __future__ import annotations

from django.utils.translation import override

from tocsin import roster
from tocsin.constituency import words
from tocsin.constituency.rules import difference, review
from tocsin.constituency.rules.holdings import LISTS


def test_every_reason_and_remark_has_its_words() -> None:
    with override("en"):
        assert {code: str(text) for code, text in words.REASONS.items()} == roster.REASONS
        sentences = {code: sentence for code, (_grade, sentence) in review.REMARKS.items()}
        assert {code: str(text) for code, text in words.REMARKS.items()} == sentences
    assert set(words.REMARK_TITLES) == set(review.REMARKS)
    assert set(words.GRADES) == set(review.GRADES)


def test_every_kind_and_field_has_its_word() -> None:
    assert set(words.KINDS) == {*LISTS, "ignored"}
    assert set(difference.ATTRIBUTES) <= set(words.FIELDS)


def test_a_reason_is_filled_in_in_the_readers_language() -> None:
    with override("vi"):
        assert (
            words.reason("host-bits", {"value": "x", "meant": "y"}) == "x có bit khác 0 sau độ dài dải; có phải ý là y?"
        )
