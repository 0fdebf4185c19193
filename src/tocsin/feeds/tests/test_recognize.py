"""Content decides the format; what is none of them is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.feeds import recognize
from tocsin.feeds.format import Source
from tocsin.feeds.tests import samples

RECOGNIZED = [case for case in samples.CASES if case.parents[1].name != "mapped"]


@pytest.mark.parametrize("case", RECOGNIZED, ids=samples.name_of)
def test_a_sample_is_recognized_with_its_name_hidden(case: Path) -> None:
    found = recognize.recognize(samples.source_of(case, "x"))
    assert found is not None
    assert found.name == case.parents[1].name


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"<!DOCTYPE html><html><body>404</body></html>",
        bytes(range(256)) * 20,
        b"name,amount,note\nBook,3,blue\nPen,4,red\n",
        b"#ip,ioc\n192.0.2.1,Possible C2\n198.51.100.2,Possible C2\n",
        b"Address,url\nbad.example, IOC FOUND\nworse.example, IOC FOUND\n",
        b'{"hello": "world"}',
        b'{"scan": {"required_fields": [["time.source", "timestamp"]], "constant_fields": {"classification.type": "x"}}}',
        b"From: a@desk.example\nSubject: hello\n\nJust words.\n",
    ],
    ids=range(10),
)
def test_what_is_no_format_is_recognized_as_none(content: bytes) -> None:
    assert recognize.recognize(Source("phish.csv", content=content)) is None


def test_a_list_of_urls_is_plain_unless_its_name_speaks_of_phishing() -> None:
    content = b"https://a.bad.example/\nhttps://b.bad.example/\n"
    plain = recognize.recognize(Source("list.txt", content=content))
    named = recognize.recognize(Source("openphish.txt", content=content))
    assert plain is not None and named is not None
    assert (plain.name, named.name) == ("plainlist", "openphish")


def test_a_format_is_found_by_its_name_in_either_spelling() -> None:
    assert recognize.by_name("suricata-eve") is recognize.by_name("suricata_eve") is not None
    assert recognize.by_name("nothing") is None
