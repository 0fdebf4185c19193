"""No content makes a parser raise, and every row stays counted."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.feeds import documents, recognize, tabular, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.tests import samples

BYTES = [next(case.glob("input.*")).read_bytes() for case in samples.CASES]
MAPPING = {"columns": {"address": "source_ip", "seen": "time_source"}}
OPTIONS = Options(mapping=MAPPING)
every_format = pytest.mark.parametrize("format_", recognize.FORMATS, ids=lambda format_: format_.name)


def survives(format_: Format, content: bytes) -> None:
    source = Source("x", content=content)
    assert 0 <= format_.recognize(source.head(), "x") <= 100
    samples.run(format_, source, OPTIONS)  # checks rows == events + rejects of each chunk


@every_format
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=400))
def test_random_bytes_do_not_raise(format_: Format, content: bytes) -> None:
    survives(format_, content)


@every_format
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_samples_do_not_raise(format_: Format, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(BYTES)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, max(len(content) - 1, 0)))
        content[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    survives(format_, bytes(content))


@every_format
@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"event_type":"alert","timestamp":"' + b"9" * 1_000_000 + b'"}',
        b'"' * 200_001,
        b'"\\' * 100_000,
        b"a," * 3_000,
        b"http://" + b"a" * 1_000_000,
        b"\r" * 100_000,
        b'{"Event":{"uuid":"a","info":"b","Attribute":[{"type":"url","value":"\\ud800","timestamp":"1"}]}}',
        b'{"id":"a","source":"b","restriction":"c","confidence":"d","category":"e","time":1e400,"address":[[[]]]}',
        "2026-11-20 05:00:00,١٩٢.0.2.1,٤٤٣\n".encode(),
    ],
    ids=range(11),
)
def test_hostile_content_does_not_raise(format_: Format, content: bytes) -> None:
    survives(format_, content)


def test_a_line_of_six_megabytes_is_one_row() -> None:
    eve = recognize.by_name("suricata_eve")
    assert eve is not None
    line = (
        b'{"event_type":"alert","timestamp":"2026-11-20T00:00:00Z","src_ip":"192.0.2.1","payload":"'
        + b"A" * 6_000_000
        + b'","alert":{"signature_id":7}}\n'
    )
    events, rejects = samples.run(eve, Source("x", content=line * 2), Options())
    assert ([row["raw_row"] for row in events], rejects) == ([1, 2], [])


@pytest.mark.parametrize(
    "mapping", [None, {}, {"columns": []}, {"columns": {"a": "source_ip"}, "time": {"zone": "No/Where"}}]
)
def test_a_faulty_mapping_refuses_the_file_with_the_fault(mapping: dict[str, object] | None) -> None:
    mapped = recognize.by_name("mapped")
    assert mapped is not None
    events, rejects = samples.run(mapped, Source("x", content=b"a,b\n1,2\n"), Options(mapping=mapping))
    assert events == []
    assert [(row["row"], row["reason"]) for row in rejects] == [(0, "bad-mapping")]


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    found = list(tabular.records(['a,"b', *[f"{n},x" for n in range(200)]]))
    assert found[0] == ('a,"b', None)
    assert len(found) == 201


def test_an_array_that_is_cut_off_keeps_its_whole_records() -> None:
    found = list(documents.objects(Source("x", content=b'[{"a": 1}, {"b": 2}, {"c": ')))
    assert found[:2] == [{"a": 1}, {"b": 2}]
    assert [item.reason for item in found[2:]] == ["bad-json"]


@pytest.mark.parametrize("written", ["", "n/a", "0.0.0.0", "x.x.x.x", "::", "10.x.x.x", "1.2.3", None])
def test_placeholders_are_no_address(written: str | None) -> None:
    assert values.ip(written) is None
