"""Texts are found without accents and sorted as in a dictionary."""

from __future__ import annotations

import random
import unicodedata

from tocsin.base.texts import collated, folded


def test_a_search_without_accents_finds_the_word() -> None:
    assert folded("Đường Ước Mơ") == folded(unicodedata.normalize("NFD", "đƯỜNG uoc mo")) == "duong uoc mo"


def test_words_stand_as_in_a_dictionary() -> None:
    words = [
        "2",
        "ba",
        "bà",
        "bả",
        "bã",
        "bá",
        "bạ",
        "bai",
        "bằng",
        "bâng",
        "ca",
        "dê",
        "đa",
        "đèo",
        "ế",
        "giờ",
        "lê",
        "lo",
        "lô",
        "lơ",
        "mả",
        "ma",
        "zebra",
        "w",
    ]
    wanted = [
        "2",
        "ba",
        "bà",
        "bả",
        "bã",
        "bá",
        "bạ",
        "bai",
        "bằng",
        "bâng",
        "ca",
        "dê",
        "đa",
        "đèo",
        "ế",
        "giờ",
        "lê",
        "lo",
        "lô",
        "lơ",
        "ma",
        "mả",
        "w",
        "zebra",
    ]
    random.Random(3).shuffle(words)
    assert sorted(words, key=collated) == wanted


def test_names_that_begin_alike_stand_shortest_first() -> None:
    assert sorted(["Sở Y tế", "Sở", "Sở Nội vụ", "Sơ"], key=collated) == ["Sơ", "Sở", "Sở Nội vụ", "Sở Y tế"]
