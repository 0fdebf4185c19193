"""Rejects are kept, counted and parsed again; what becomes of them adds up."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db.models import Sum

from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.constituency import actions as constituency
from tocsin.core.constituency import Network, Organization
from tocsin.feeds.format import Options
from tocsin.findings import actions as findings
from tocsin.findings import queries as found
from tocsin.intake import actions as intake
from tocsin.intake import queries
from tocsin.intake.actions import reading

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
FIGURES = ("rows", "events", "duplicates", "rejects")
ISO = {"columns": {"address": "source_ip", "seen": "time_source"}, "feed_code": "own"}
SHORT = {**ISO, "time": {"format": "%d/%m/%Y"}}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    settings.TOCSIN_HOME = tmp_path
    held = Organization("one", "Một", "One", networks=(Network("192.0.2.0/24"),))
    constituency.import_all(organizations=[held], ignored=[], actor=SYSTEM, now=NOW)
    return tmp_path


def _table(rows: list[tuple[str, str]]) -> bytes:
    return "".join(f"{address},{seen}\n" for address, seen in [("address", "seen"), *rows]).encode()


def _add(content: bytes, mapping: dict[str, Any] | None = None, name: str = "own.csv") -> intake.Folded:
    told = reading.told(format_name="mapped", mapping=mapping) if mapping else None
    arrival = intake.take(content=content, name=name, now=NOW, told=told)
    return intake.process(arrivals=[arrival], now=NOW, fold=findings.fold)


def _replay(mapping: dict[str, Any] | None = None, fold: Callable[..., None] = findings.fold, **named: Any) -> Any:
    options = Options(mapping=mapping)
    how = "mapped" if mapping else None
    return intake.replay(now=NOW, fold=fold, actor=SYSTEM, format_name=how, options=options, **named)


def _totals() -> dict[str, int]:
    for batch in queries.batches(SYSTEM):
        assert batch.rows == batch.events + batch.duplicates + batch.rejects
        assert batch.rows == sum(file["rows"] for file in batch.files)
        assert batch.rejects == (queries.reject_counts(SYSTEM, batch=batch.pk).aggregate(n=Sum("n"))["n"] or 0)
        assert batch.rejects == len(list(queries.rejected(SYSTEM, batch=batch.pk)))
    return queries.batches(SYSTEM).aggregate(**{name: Sum(name) for name in FIGURES})


def _events(home: Path) -> list[str]:
    files = [home / file.path for file in queries.event_files(SYSTEM)]
    return sorted(event for file in files for event in pl.read_parquet(file)["event_id"])


def test_every_reject_is_counted_and_can_be_read_though_the_database_holds_a_sample(home: Path) -> None:
    rows = [("192.0.2.1", "never")] * 3000 + [("nowhere", "2026-11-20")] * 50 + [("192.0.2.1", "2026-11-20")]
    _add(_table(rows), ISO)
    assert {c.reason: c.n for c in queries.reject_counts(SYSTEM)} == {"bad-time": 3000, "no-asset": 50}
    assert queries.rejects(SYSTEM).count() == 40
    assert len(list(queries.rejected(SYSTEM))) == 3050
    shown = list(queries.rejected(SYSTEM, reason="no-asset"))
    assert [row["row"] for row in shown] == list(range(3001, 3051))
    assert {row["file_name"] for row in shown} == {"own.csv"}


def test_a_contact_sees_no_reject() -> None:
    _add(_table([("192.0.2.1", "never")]), ISO)
    contact = Viewer(1, "c@one.example", Role.CONTACT, frozenset({"one"}))
    assert list(queries.rejected(contact)) == []
    assert not queries.reject_counts(contact).exists()


def test_a_new_mapping_makes_events_of_rejects_and_touches_nothing_else(home: Path) -> None:
    rows = [
        ("192.0.2.1", "2026-11-20"),
        ("192.0.2.1", "21/11/2026"),
        ("192.0.2.1", "21/11/2026"),
        ("?", "22/11/2026"),
        ("192.0.2.9", "soon"),
    ]
    first = _add(_table(rows), ISO)
    assert [getattr(first.summary, name) for name in FIGURES] == [5, 1, 0, 4]
    done = _replay(SHORT)
    assert [getattr(done.summary, name) for name in FIGURES] == [4, 1, 1, 2]
    assert _totals() == {"rows": 5, "events": 2, "duplicates": 1, "rejects": 2}
    assert queries.batches(SYSTEM).get(pk=first.batch.pk).replayed == 4  # type: ignore[union-attr]
    assert {row["reason"]: row["row"] for row in queries.rejected(SYSTEM)} == {"no-asset": 4, "bad-time": 5}
    finding = found.findings(SYSTEM).get()
    assert (finding.count, finding.first_seen.day, finding.last_seen.day) == (2, 20, 21)
    assert len(_events(home)) == len(set(_events(home))) == 2


def test_replaying_again_changes_nothing(home: Path) -> None:
    _add(_table([("192.0.2.1", "21/11/2026"), ("192.0.2.9", "soon")]), ISO)
    _replay(SHORT)
    before = (list(queries.batches(SYSTEM).values()), list(found.findings(SYSTEM).values()), _events(home))
    folders = sorted(path.name for path in (home / "batches").iterdir())
    done = _replay(SHORT)
    assert done.batches == []
    assert done.summary.rejects == 1
    assert before == (list(queries.batches(SYSTEM).values()), list(found.findings(SYSTEM).values()), _events(home))
    assert folders == sorted(path.name for path in (home / "batches").iterdir())


def test_a_file_that_no_format_recognized_is_read_whole_once_it_has_one() -> None:
    content = _table([("192.0.2.1", "2026-11-20"), ("192.0.2.2", "2026-11-20"), ("198.51.100.1", "2026-11-20")])
    first = _add(content)
    assert [getattr(first.summary, name) for name in FIGURES] == [1, 0, 0, 1]
    done = _replay(ISO)
    assert [getattr(done.summary, name) for name in FIGURES] == [3, 3, 0, 0]
    assert _totals() == {"rows": 3, "events": 3, "duplicates": 0, "rejects": 0}
    assert found.findings(SYSTEM).count() == 2
    assert [group.value for group in queries.groups(SYSTEM)] == ["198.51.100.0/24"]


def test_a_file_inside_an_archive_is_replayed_and_its_neighbours_are_not(home: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", _table([("192.0.2.1", "21/11/2026")]))
        archive.writestr("b.csv", _table([("192.0.2.2", "2026-11-20"), ("192.0.2.2", "2026-11-22")]))
    _add(packed.getvalue(), ISO, "both.zip")
    done = _replay(SHORT)
    assert [file.path for file in done.summary.files] == ["both.zip!a.csv"]
    assert _totals() == {"rows": 3, "events": 3, "duplicates": 0, "rejects": 0}
    assert len(_events(home)) == 3


def test_only_the_reason_and_batch_that_were_asked_for_are_replayed() -> None:
    first = _add(_table([("192.0.2.1", "21/11/2026"), ("?", "2026-11-20")]), ISO)
    second = _add(_table([("192.0.2.7", "21/11/2026")]), ISO, "other.csv")
    assert first.batch and second.batch
    done = _replay(SHORT, batch=second.batch.pk)
    assert (done.summary.rows, done.summary.events) == (1, 1)
    done = _replay(SHORT, reason="bad-time")
    assert (done.summary.rows, done.summary.events) == (1, 1)
    assert [row["reason"] for row in queries.rejected(SYSTEM)] == ["no-asset"]
    _totals()


def test_a_file_whose_other_rows_came_by_another_format_is_left_alone() -> None:
    _add(b"192.0.2.1\n192.0.2.2\n192.0.2.3\n192.0.2.4\n192.0.2.5\n192.0.2.6\n192.0.2.7\n192.0.2.8\n192.0.2.9\n((()))\n")
    done = _replay({**ISO, "heading": ["address"]})
    assert done.batches == []
    assert [skipped.file for skipped in done.skipped] == ["own.csv"]
    assert _totals()["rejects"] == 1


def test_a_row_that_is_gone_from_the_file_as_it_is_read_now_stays_a_reject() -> None:
    _add(_table([("192.0.2.1", "2026-11-20"), ("192.0.2.1", "21/11/2026"), ("192.0.2.2", "21/11/2026")]), ISO)
    _replay({**SHORT, "comment": "192.0.2.2"})
    assert _totals() == {"rows": 3, "events": 2, "duplicates": 0, "rejects": 1}
    assert [(row["row"], row["reason"]) for row in queries.rejected(SYSTEM)] == [(3, "not-there-again")]


def test_a_replay_that_fails_leaves_no_trace_and_can_be_repeated(home: Path) -> None:
    _add(_table([("192.0.2.1", "21/11/2026")]), ISO)
    before = list(queries.batches(SYSTEM).values())

    def fail(**_: object) -> None:
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        _replay(SHORT, fail)
    assert list(queries.batches(SYSTEM).values()) == before
    assert len(list(queries.rejected(SYSTEM))) == 1
    _replay(SHORT)
    assert _totals() == {"rows": 1, "events": 1, "duplicates": 0, "rejects": 0}
    assert len(list((home / "batches").iterdir())) == 2


def test_a_reader_may_not_replay() -> None:
    with pytest.raises(NotAllowed):
        intake.replay(now=NOW, fold=findings.fold, actor=Viewer(1, "r@team.example", Role.READER))
