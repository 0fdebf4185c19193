"""Folding keeps every port and feed of a finding, however its events were cut into chunks."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

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
