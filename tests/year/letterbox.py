"""The mail server of the year, a process of its own as mail servers are: `python -m tests.year.letterbox`.

Prints its port; then, for each line that it is given, what it took since: a JSON list of [reference, statuses, [asset, kind] …].
"""

from __future__ import annotations

import asyncio
import csv
import email
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP, Envelope, Session

Taken = tuple[str, str, list[tuple[str, str]]]
"""Reference of a message, what it is, and the (asset, kind) that its table names."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """The server, from outside."""

    process: subprocess.Popen[str]

    def empty(self) -> Iterator[Taken]:
        """Yield what came since the last time."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        for reference, status, told in json.loads(self.process.stdout.readline()):
            yield reference, status, [(asset, kind) for asset, kind in told]


@contextmanager
def mail_server() -> Iterator[tuple[Letterbox, str]]:
    """Run a mail server on loopback; yield where its mail ends, and its URL."""
    command = [sys.executable, "-m", "tests.year.letterbox"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Letterbox(process), f"smtp://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()


def _read(content: bytes) -> Iterator[Taken]:
    message = email.message_from_bytes(content)
    for part in message.walk():
        if part.get_content_type() == "text/csv":
            table = part.get_payload(decode=True)
            assert isinstance(table, bytes)
            rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
            told = [(row["asset"], row["kind"]) for row in rows]
            yield str(message["X-Tocsin-Reference"]), "/".join(sorted({row["status"] for row in rows})), told


class _Handler:
    def __init__(self) -> None:
        self.taken: list[Taken] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        self.taken += _read(bytes(envelope.original_content or b""))
        return "250 taken"


async def _serve() -> None:
    handler, loop = _Handler(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, loop=loop), host="127.0.0.1", port=0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        taken, handler.taken = handler.taken, []
        print(json.dumps(taken), flush=True)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
