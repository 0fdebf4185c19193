"""Folding keeps every port and feed of a finding, however its events were cut into chunks."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.severity import RANK
from tocsin.pipeline import fold
from tocsin.pipeline.chunk import SCHEMA
from tocsin.pipeline.fold import Folder


def _events(rows: list[tuple[int | None, str]]) -> pl.DataFrame:
    seen = datetime(2026, 1, 1, tzinfo=UTC)
    given = {"asset": "192.0.2.1", "kind": "rdp", "organization": "a", "severity": "high", "time_source": seen}
    found = [{**given, "source_port": port, "feed_code": feed, "event_id": f"e-{port}"} for port, feed in rows]
    types = {**SCHEMA, "asset": pl.String(), "kind": pl.String()}
    return pl.DataFrame(found, schema=types)


def test_all_ports_and_feeds_are_kept_across_chunks() -> None:
    folder = Folder()
    for rows in ([(3390, "two"), (3389, "one")], [(3389, "one"), (None, "one")], [(None, "three")]):
        folder.add(_events(rows))
    finding = folder.findings().to_dicts()[0]
    assert (finding["ports"], finding["feeds"], finding["count"]) == ([3389, 3390], ["one", "three", "two"], 5)


def test_a_finding_without_port_has_an_empty_list() -> None:
    folder = Folder()
    folder.add(_events([(None, "one")]))
    assert folder.findings()["ports"].to_list() == [[]]


ROW = st.tuples(
    st.sampled_from(["a", "b", None]),
    st.sampled_from(["192.0.2.1", "x.example"]),
    st.sampled_from(["rdp", "smb"]),
    st.sampled_from(["low", "high", "critical"]),
    st.integers(0, 5),
    st.sampled_from([None, 22, 3389]),
    st.sampled_from([None, "one", "two"]),
)


@given(st.lists(st.lists(ROW, max_size=8), max_size=5), st.booleans())
def test_findings_are_the_same_however_events_are_cut_into_chunks(chunks, merged_often) -> None:
    folder, naive, n = Folder(), {}, 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fold, "_TOGETHER", 3 if merged_often else 1000)
        for chunk in chunks:
            events = []
            for organization, asset, kind, severity, hour, port, feed in chunk:
                seen, id_, n = datetime(2026, 1, 1, hour, tzinfo=UTC), f"e-{n}", n + 1
                events.append({
                    "organization": organization, "asset": asset, "kind": kind, "severity": severity, "time_source": seen,
                    "source_port": port, "feed_code": feed, "event_id": id_, "because": id_, "related": [id_] * (n % 2),
                })  # fmt: skip
                if organization:
                    naive.setdefault((organization, asset, kind), []).append(events[-1])
            folder.add(pl.DataFrame(events, schema=SCHEMA))
        found = folder.findings()
    assert [tuple(row) for row in found.select(fold.NAME).iter_rows()] == sorted(naive)
    for finding in found.to_dicts():
        mine = naive[finding["organization"], finding["asset"], finding["kind"]]
        times = [event["time_source"] for event in mine]
        assert (finding["first_seen"], finding["last_seen"], finding["count"]) == (min(times), max(times), len(mine))
        assert finding["severity"] == max((event["severity"] for event in mine), key=RANK.__getitem__)
        assert finding["ports"] == sorted({event["source_port"] for event in mine} - {None})
        assert finding["feeds"] == sorted({event["feed_code"] for event in mine} - {None})
        assert finding["evidence"] == list(dict.fromkeys([mine[0]["event_id"], mine[-1]["event_id"]]))
        assert (finding["because"], finding["related"]) == (mine[-1]["because"], mine[-1]["related"])
