"""The audit trail on a real database: many write at once, an operator and an administrator look."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client

from tocsin.base.audit import actions as audit
from tocsin.base.audit.words import ACTS
from tocsin.base.tenancy import SYSTEM, Role

SOURCE = Path(__file__).resolve().parents[2] / "src" / "tocsin"
SignedIn = Callable[..., Client]
WRITER = """
import sys
from datetime import UTC, datetime
from django.db import transaction
from tocsin.project import work
from tocsin.base.audit import actions
from tocsin.base.tenancy import SYSTEM
sys.stdin.read(1)
for number in range(40):
    with transaction.atomic():
        actions.record(actor=SYSTEM, action="user-added", object_kind="user", object_id=f"{sys.argv[1]}-{number}", now=datetime.now(UTC))
"""


def _tocsin(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tocsin.project.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.database
def test_four_processes_that_write_at_once_make_one_chain(environment: dict[str, str]) -> None:
    empty = _tocsin(environment, "audit", "verify", "--json")
    assert json.loads(empty.stdout)["entries"] == 0, empty.stderr
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(name)], env=environment, stdin=subprocess.PIPE)
        for name in range(4)
    ]
    for writer in writers:
        writer.stdin.write(b"!")  # type: ignore[union-attr]
        writer.stdin.close()  # type: ignore[union-attr]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    told = json.loads(_tocsin(environment, "audit", "verify", "--json").stdout)
    assert (told["entries"], told["is_whole"]) == (160, True)
    listed = json.loads(_tocsin(environment, "audit", "list", "--about", "2-39", "--json").stdout)
    assert [(entry["actor"], entry["action"]) for entry in listed] == [("system", "user-added")]
    lost = _tocsin(environment, "audit", "verify", "--holds", "0" * 64)
    assert (lost.returncode, "not among them" in lost.stdout) == (1, True)


@pytest.mark.django_db
def test_an_administrator_finds_an_act_checks_the_chain_and_takes_it_away(signed_in: SignedIn) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    now = datetime.now(UTC)
    for name in ("=1+1", "chi@so.example"):
        audit.record(actor=SYSTEM, action="user-added", object_kind="user", object_id=name, now=now)
    page = client.get("/audit/", {"about": "chi@so.example"}, headers={"Accept-Language": "en"}).content.decode()
    assert "added a person" in page
    assert "=1+1" not in page
    assert (
        "The chain is whole" in client.get("/audit/verification/", headers={"Accept-Language": "en"}).content.decode()
    )
    export = client.get("/audit/", {"export": "csv", "action": "user-added"})
    text = b"".join(export.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert text.count("user-added") == 3
    assert "'=1+1" in text
    assert ",=1+1" not in text
    assert client.get("/audit/", {"since": "2026-99-99", "until": "x"}).status_code == 200
    assert (
        "Nothing fits"
        in client.get("/audit/", {"actor": "x@y.example"}, headers={"Accept-Language": "en"}).content.decode()
    )


@pytest.mark.django_db
def test_nobody_else_reads_the_trail(signed_in: SignedIn) -> None:
    client = signed_in(Role.ANALYST)
    assert client.get("/audit/").status_code == 404
    assert client.get("/audit/verification/").status_code == 404
    assert Client().get("/audit/").status_code == 302


def _recorded(path: Path) -> set[str]:
    """Find what a module calls the acts it records: `record…(action="…")`, or `action = "…"` of a class that does."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        values: list[ast.expr] = []
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2].startswith("record"):
            values = [keyword.value for keyword in node.keywords if keyword.arg == "action"]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).strip("()").startswith("action"):
            values = node.value.elts[:1] if isinstance(node.value, ast.Tuple) else [node.value]
        found |= {value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)}
    return found - {""}


def test_every_act_that_is_recorded_has_a_name_in_both_languages() -> None:
    recorded = {act for path in SOURCE.rglob("*.py") if "tests" not in path.parts for act in _recorded(path)}
    assert {"user-added", "factor-added", "signed-in"} <= recorded
    assert recorded - ACTS.keys() == set(), "name it in base/audit/words.py"
