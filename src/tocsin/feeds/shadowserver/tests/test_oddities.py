"""What real reports do: every row becomes an event or a reject that says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.feeds.format import Options, Source
from tocsin.feeds.shadowserver.parse import parse, recognize
from tocsin.pipeline.chunk import Chunk

HEAD = "timestamp,ip,port,asn,geo,region,tag\n"
ROW = "2026-11-20 01:02:03,192.0.2.1,3389,64500,VN,MAU,rdp\n"


def _chunks(content: bytes, name: str = "2026-11-20-scan_rdp-x.csv", chunk_bytes: int = 1 << 20) -> list[Chunk]:
    return list(parse(Source(name, content=content), Options(chunk_bytes=chunk_bytes)))


def _events(content: bytes) -> list[dict[str, object]]:
    return [row for chunk in _chunks(content) for row in chunk.keys.to_dicts()]


def _reasons(content: bytes) -> list[tuple[int, str]]:
    return [(reject.row, reject.reason) for chunk in _chunks(content) for reject in chunk.rejects]


def test_a_plain_row_becomes_an_event() -> None:
    (event,) = _events((HEAD + ROW).encode())
    assert event["source_ip"] == "192.0.2.1"
    assert event["source_port"] == 3389
    assert event["classification_identifier"] == "open-rdp"
    assert str(event["time_source"]) == "2026-11-20 01:02:03+00:00"


def test_what_no_column_takes_is_kept_in_extra() -> None:
    content = 'timestamp,ip,port,asn,geo,tag,"od""d"\n2026-11-20 01:02:03,192.0.2.1,1,64500,VN,rdp,"a ""quoted"" \\ value\n on two lines"\n'
    (chunk,) = _chunks(content.encode())
    extra = chunk.finish(chunk.keys["raw_row"].arg_sort())["extra"][0]
    assert json.loads(extra) == {"tag": "rdp", 'od"d': 'a "quoted" \\ value\n on two lines'}


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + (HEAD + ROW).encode(),
        (HEAD + ROW).encode("utf-16"),
        (HEAD + ROW).replace("\n", "\r").encode(),
        (HEAD + ROW).replace("\n", "\r\n").encode(),
        (HEAD + ROW).replace("rdp", "r\0dp").encode(),
        (HEAD + "\n\n" + ROW + "\n").encode(),
        (HEAD + ROW.rstrip()).encode(),
    ],
    ids=["bom", "utf-16", "lone-cr", "crlf", "nul", "empty-lines", "no-last-newline"],
)
def test_an_odd_encoding_reads_the_same(content: bytes) -> None:
    (event,) = _events(content)
    assert (event["source_ip"], event["source_port"], event["raw_row"]) == ("192.0.2.1", 3389, 1)


def test_ragged_rows_are_rejected_with_their_number_and_the_rest_is_read() -> None:
    content = (HEAD + ROW + "2026-11-20 01:02:03,192.0.2.2\n" + ROW.rstrip() + ",more\n" + ROW).encode()
    assert _reasons(content) == [(2, "ragged-row"), (3, "ragged-row")]
    assert [event["raw_row"] for event in _events(content)] == [1, 4]


def test_a_row_whose_quotes_stand_wrongly_is_read_when_its_fields_are_as_many_as_the_heading_has() -> None:
    rows = (
        '2026-11-20 01:02:03,192.0.2.1,3389,64500,VN,"said "hello" to us",rdp\n',
        '2026-11-20 01:02:03,192.0.2.2,3389,64500,VN,Town",rdp\n',
        ROW,
        '2026-11-20 01:02:03,192.0.2.3,3389,64500,VN,"one, "two", three,rdp\n',
    )
    content = (HEAD + "".join(rows) + ROW).encode()
    assert [event["raw_row"] for event in _events(content)] == [1, 2, 3, 5]
    assert [row for row, _ in _reasons(content)] == [4]


def test_a_time_that_is_none_is_rejected() -> None:
    assert _reasons((HEAD + ROW.replace("2026-11-20 01:02:03", "yesterday")).encode()) == [(1, "bad-time")]


def test_a_heading_that_names_a_column_twice_keeps_both() -> None:
    content = "timestamp,ip,port,asn,geo,tag,tag\n2026-11-20 01:02:03,192.0.2.1,1,64500,VN,one,two\n"
    (chunk,) = _chunks(content.encode())
    assert json.loads(chunk.finish(chunk.keys["raw_row"].arg_sort())["extra"][0]) == {"tag": "one", "tag_2": "two"}


def test_names_that_differ_only_in_case_are_two_columns() -> None:
    content = b"timestamp,ip,IP,Port,asn,geo,tag\n2026-11-20 01:02:03,192.0.2.1,192.0.2.2,1,64500,VN,one\n"
    (chunk,) = _chunks(content)
    assert json.loads(chunk.finish(chunk.keys["raw_row"].arg_sort())["extra"][0]) == {"tag": "one", "ip_2": "192.0.2.2"}


@pytest.mark.parametrize("column", ["x", "x,", "a"])
def test_a_heading_of_hundreds_of_thousands_of_columns_is_refused_by_name(column: str) -> None:
    heading = HEAD.rstrip() + "," + ",".join(f"{column}{n}" if column == "a" else column for n in range(300_000))
    assert _reasons((heading + "\n" + ROW).encode()) == [(0, "too-many-columns")]


def test_a_file_of_many_blocks_counts_its_rows_through() -> None:
    content = (HEAD + ROW * 5000).encode()
    chunks = _chunks(content, chunk_bytes=10_000)
    assert len(chunks) > 10
    assert [row for chunk in chunks for row in chunk.keys["raw_row"]] == list(range(1, 5001))


def test_a_page_is_not_a_report() -> None:
    assert recognize(b"<html><body>timestamp, ip</body></html>", "x.csv") == 0
    assert recognize(b"", "2026-11-20-scan_rdp-x.csv") == 0


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 120))
def test_whatever_the_bytes_every_row_is_accounted_for(noise: bytes, place: int) -> None:
    good = (HEAD + ROW * 3).encode()
    for content in (noise, good[:place] + noise + good[place:]):
        for chunk in _chunks(content, chunk_bytes=97):
            assert chunk.rows == chunk.keys.height + len(chunk.rejects)


def test_the_samples_of_the_demo_are_read(tmp_path: Path) -> None:
    folder = Path(__file__).resolve().parents[3] / "project" / "demo" / "reports"
    for path in sorted(folder.glob("*.csv")):
        chunks = list(parse(Source(path.name, path), Options()))
        assert sum(chunk.keys.height for chunk in chunks) == path.read_text().count("\n") - 1
