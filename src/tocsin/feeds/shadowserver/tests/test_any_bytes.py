"""Any bytes at all: the parser answers with events and rejects, never with an exception."""

from __future__ import annotations

import csv
import io

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.feeds.format import Options, Source
from tocsin.feeds.shadowserver.parse import FORMAT

HEAD = b'"timestamp","ip","port","tag","asn","geo"\n'
fields = st.one_of(
    st.sampled_from(
        [
            "2026-11-20 01:02:03",
            "192.0.2.1",
            "2001:db8::1",
            "",
            "tcp",
            "0",
            "99999999999999999999",
            "x,y",
            'q"uote',
            "two\nlines",
        ]
    ),
    st.text(max_size=12),
)


def parsed(content: bytes, chunk_bytes: int = 32 << 20) -> list:
    return list(FORMAT.parse(Source("2026-11-20-scan_rdp-x.csv", content=content), Options(chunk_bytes=chunk_bytes)))


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.sampled_from(
                [b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"a", b"2026-11-20 01:02:03", b"192.0.2.1", b"\xef\xbb\xbf"]
            ),
            max_size=60,
        ).map(b"".join),
    ),
    st.booleans(),
    st.sampled_from([16, 64, 1 << 20]),
)
def test_no_bytes_make_the_parser_raise(content, headed, chunk_bytes) -> None:
    for chunk in parsed(HEAD + content if headed else content, chunk_bytes):
        assert chunk.rows == chunk.keys.height + len(chunk.rejects)
        assert chunk.finish(pl.Series(range(chunk.keys.height), dtype=pl.UInt32)).height == chunk.keys.height
        FORMAT.recognize(content, "x")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(fields, min_size=1, max_size=8), max_size=12), st.sampled_from([40, 100, 1 << 20]))
def test_every_record_becomes_an_event_or_a_reject_whatever_the_size_of_the_blocks(rows, chunk_bytes) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    content = HEAD + text.getvalue().replace("\0", "").replace("\r", "").encode("utf-8", "replace")
    whole, pieces = parsed(content), parsed(content, chunk_bytes)
    assert sum(chunk.rows for chunk in whole) == len(rows)

    def said(chunks) -> tuple[list, list]:
        keys = [row for chunk in chunks for row in chunk.keys.sort("raw_row").iter_rows()]
        return keys, [(reject.row, reject.reason) for chunk in chunks for reject in chunk.rejects]

    assert said(whole) == said(pieces)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1, max_size=20),
        min_size=1,
        max_size=8,
    )
)
def test_extra_gives_back_every_text_as_it_was(values) -> None:
    import json

    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
        [["2026-11-20 01:02:03", "192.0.2.1", "3389", value, "64500", "VN"] for value in values]
    )
    [chunk] = parsed(HEAD + text.getvalue().encode())
    extra = chunk.finish(pl.Series(range(len(values)), dtype=pl.UInt32))["extra"].to_list()
    assert [json.loads(one).get("tag") for one in extra] == values
