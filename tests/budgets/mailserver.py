"""A mail server in a process of its own, to measure against: `python -m tests.budgets.mailserver [--pipelining]`.

Prints its port; keeps only how many messages it took and their Message-IDs; prints both when its input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

_ID = re.compile(rb"(?mi)^message-id:\s*(\S+)")


class Counter:
    """Takes every message."""

    def __init__(self, *, pipelining: bool) -> None:
        self.ids: list[str] = []
        if pipelining:
            self.handle_EHLO = self._with_pipelining

    async def _with_pipelining(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        found = _ID.search(bytes(envelope.original_content or b""))
        self.ids.append(found[1].decode() if found else "")
        return "250 taken"


async def serve(*, pipelining: bool) -> None:
    """Serve on a free port of loopback until the input ends."""
    counter = Counter(pipelining=pipelining)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(counter, loop=loop), host="127.0.0.1", port=0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    print(json.dumps({"messages": len(counter.ids), "different": len(set(counter.ids))}))


def main(*arguments: Any) -> None:
    """Read the options and serve."""
    options = argparse.ArgumentParser(prog="python -m tests.budgets.mailserver", description=__doc__)
    options.add_argument("--pipelining", action="store_true", help="say that several commands may come at once")
    asyncio.run(serve(pipelining=options.parse_args(arguments or None).pipelining))


if __name__ == "__main__":
    main()
