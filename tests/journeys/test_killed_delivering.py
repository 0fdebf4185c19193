"""Killed while mail goes out to a real server: nothing is lost, and what is sent twice is the same to the byte."""

from __future__ import annotations

import email
import json
import random
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

pytestmark = pytest.mark.database
DEMO = Path(__file__).resolve().parents[2] / "src" / "tocsin" / "project" / "demo"
ROUNDS = 5


class Killer:
    """A mail server that kills whoever hands it a message, at a moment that was drawn."""

    def __init__(self) -> None:
        self.taken: dict[str, list[bytes]] = defaultdict(list)
        self.victim: subprocess.Popen[bytes] | None = None
        self.after, self.moment = 0, ""

    def _strike(self, moment: str) -> None:
        if self.victim is not None and moment == self.moment and self.after <= 0:
            self.victim.kill()
            self.victim.wait()

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # fmt: skip # noqa: N802
        self._strike("recipient")
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = bytes(envelope.original_content or b"")
        self._strike("not taken")
        self.taken[str(email.message_from_bytes(content)["Message-ID"])].append(content)
        self.after -= 1
        self._strike("taken")
        return "250 taken"


@pytest.fixture
def killer() -> Iterator[tuple[Killer, str]]:
    """Run the server; yield it and its address."""
    box = Killer()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, f"smtp://127.0.0.1:{port}"
    controller.stop()


def _start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tocsin.project.cli", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _tocsin(environment: dict[str, str], *arguments: str) -> bytes:
    process = _start(environment, *arguments)
    out, said = process.communicate()
    assert process.returncode == 0, said.decode()
    return out


def _explained(environment: dict[str, str], notices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what `notices explain --json` prints of each: one process begins, not one for each notice."""
    code = (
        "import sys; from click.testing import CliRunner; from tocsin.project.cli import main\n"
        "for id_ in sys.argv[1:]: print(CliRunner().invoke(main, ['notices', 'explain', id_, '--json']).output.replace('\\n', ' '))"
    )
    command = [sys.executable, "-c", code, *(notice["id"] for notice in notices)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_what_goes_out_again_after_a_kill_is_the_same_message(
    environment: dict[str, str], killer: tuple[Killer, str]
) -> None:
    box, dice = killer[0], random.Random(11)
    environment = {**environment, "TOCSIN_EMAIL_URL": killer[1]}
    _tocsin(environment, "constituency", "import", str(DEMO / "province.yaml"))
    _tocsin(environment, "intake", "add", *map(str, sorted((DEMO / "reports").glob("*rdp*.csv"))))
    run = ("notices", "run", "--now", "2026-11-24T02:00:00Z")
    for round_ in range(ROUNDS):
        box.after, box.moment = dice.randint(0, 3), ("recipient", "not taken", "taken")[round_ % 3]
        box.victim = _start(environment, *run)
        box.victim.communicate()
        assert box.victim.returncode == -9, "it ended before it was killed"
    box.victim = None
    _tocsin(environment, *run)
    notices = json.loads(_tocsin(environment, "notices", "list", "--json"))
    reached = [notice for notice in notices if notice["state"] != "no-contact"]
    assert {notice["state"] for notice in reached} == {"sent"}
    assert len({notice["reference"] for notice in notices}) == len(notices)
    told = [finding for notice in notices for finding in notice["findings"]]
    assert len(told) == len(set(told))
    promised = [delivery["message_id"] for told in _explained(environment, reached) for delivery in told["deliver"]]
    assert sorted(box.taken) == sorted(promised)
    assert any(len(copies) > 1 for copies in box.taken.values())
    assert all(len(set(copies)) == 1 for copies in box.taken.values())
