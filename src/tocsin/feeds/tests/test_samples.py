"""Every sample gives the events and rejects written beside it. TOCSIN_BLESS=1 writes them anew; read the difference."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tocsin.core import event, severity, taxonomy
from tocsin.feeds import recognize
from tocsin.feeds.tests import samples
from tocsin.pipeline.chunk import SCHEMA


@pytest.mark.parametrize("case", samples.CASES, ids=samples.name_of)
def test_a_sample_gives_what_is_written_beside_it(case: Path) -> None:
    format_ = recognize.by_name(case.parents[1].name)
    assert format_ is not None
    events, rejects = samples.run(format_, samples.source_of(case), samples.options_of(case))
    for name, found in (("events", events), ("rejects", rejects)):
        path = case / f"{name}.ndjson"
        if os.environ.get("TOCSIN_BLESS") == "1":
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found), encoding="utf-8")
        assert found == _written(path)


def _written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


@pytest.mark.parametrize("case", samples.CASES, ids=samples.name_of)
def test_a_sample_speaks_the_words_of_the_trade(case: Path) -> None:
    format_ = recognize.by_name(case.parents[1].name)
    assert format_ is not None
    events, rejects = samples.run(format_, samples.source_of(case), samples.options_of(case))
    rows = sorted([row["raw_row"] for row in events] + [row["row"] for row in rejects])
    assert rows in (list(range(1, len(rows) + 1)), [0])
    for row in events:
        assert row["classification_type"] in taxonomy.TYPES
        assert row.get("severity", "low") in severity.SEVERITIES
        assert set(row) <= set(SCHEMA) - set(event.OWN)
    for row in rejects:
        assert row["reason"] and row["detail"]
