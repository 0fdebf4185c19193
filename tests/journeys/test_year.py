"""A year of a constituency in small: weeks lived by the real code, and their figures counted a second time."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from tests.year.letterbox import mail_server
from tests.year.play import lived, told
from tests.year.recount import differences, recount
from tests.year.world import Rates, World, instant


@pytest.mark.django_db
def test_figures_equal_a_second_count_from_the_log_of_what_happened(tmp_path: Path, settings: object) -> None:
    world = World(5, 200, 26, seed=3, rates=Rates(burst=10, delay_days=1, mending_days=1, decay_days=20, returns=0.7))
    log = tmp_path / "log.ndjson"
    with mail_server() as (letterbox, url), log.open("w", encoding="utf-8") as file:
        settings.TOCSIN_HOME, settings.TOCSIN_EMAIL_URL = tmp_path, url  # type: ignore[attr-defined]
        happened = lived(world, tmp_path, letterbox, file)
    ours = told(instant(world.days - 1).date(), instant(world.days))
    as_of = datetime.fromisoformat(ours["as_of"])

    assert differences(ours, recount(log, as_of)) == []
    assert happened["reopened"] and happened["reminded"]
    assert all(ours["total"][name] for name in ("acknowledged_in_time", "says_fixed", "fixed_in_time", "verified", "overdue"))  # fmt: skip

    # The second count can tell: without one of the answers it comes to another result.
    lines = log.read_text().splitlines()
    lines.remove(next(line for line in lines if json.loads(line)["what"] == "answer"))
    (tmp_path / "less.ndjson").write_text("\n".join(lines))
    assert any(line.startswith("total.acknowledged:") for line in differences(ours, recount(tmp_path / "less.ndjson", as_of)))  # fmt: skip
