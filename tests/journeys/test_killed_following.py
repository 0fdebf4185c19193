"""Killed at every write, the clock a day ahead and a day back, a week down: no step is missed, and none is done twice."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytestmark = pytest.mark.database


def test_no_step_is_missed_and_none_is_done_twice_whatever_kills_it(environment: dict[str, str]) -> None:
    command = [sys.executable, str(Path(__file__).with_name("killed_following.py"))]
    lived = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert lived.returncode == 0, lived.stderr.decode()
    found = json.loads(lived.stdout)
    assert sum(found["kills"]) > 20, "it was killed at hardly any instant"
    start = datetime(2026, 11, 30, 2, tzinfo=UTC)
    steps = found["steps"]
    # A reminder that goes out meanwhile has none of its own: the plan of the first warning goes on.
    assert (found["notices"], [step[0] for step in steps]) == (["first", "reminder-due"], [1, 2, 3, 4, 5])
    assert [datetime.fromisoformat(step[1]) for step in steps] == [start + timedelta(hours=h) for h in (4, 12, 24, 48, 72)]  # fmt: skip
    assert [(state, n_told) for _, _, state, n_told, _ in steps[:4]] == [("done", 1), ("missed", 1), ("missed", 1), ("nobody", 0)]  # fmt: skip
    assert steps[4][2] != "pending"
    assert all(n_told == made for _, _, _, n_told, made in steps)
    assert found["recorded"] == len(steps)
    told = [(reference, recipient) for reference, recipient, to_team, *_ in found["told"] if not to_team]
    assert len(told) == len(set(told))
    assert {recipient for _, recipient in told} == {"security@a.example", "binh@a.example", "head@a.example", "a"}
    states = {recipient: state for _, recipient, _, state, _ in found["told"]}
    assert states.pop("a") == "by-hand", "the letter waits for a person to carry it"
    assert set(states.values()) == {"handed-over"}
    mailed = [message_id for _, recipient, *_, message_id in found["told"] if recipient != "a"]
    assert len(found["outbox"]) == len(set(mailed)) == len(mailed)
