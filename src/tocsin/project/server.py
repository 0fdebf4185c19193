"""The web server's own limits: what a request may be is decided by its head, before its body takes a byte of disk.

Waitress puts bodies into temporary files as they come, so that none takes memory, and knows one limit for all.
Here each address has its own (`base.api.sizes`), a large body needs a caller who at least shows a token or a
session, and none may eat the disk's reserve. What the server itself refuses, it says as the API does.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import create_server
from waitress.task import ErrorTask

from tocsin.base.api import problems, sizes

LOOK = 16 << 20
"""Bytes of a body of unknown length between two looks at the disk."""
SHOWN = re.compile(r"Bearer tocsin_[a-z2-7]{8}_[A-Za-z0-9_-]{43}")


class Refusal:
    """An answer without the application: a kind of problem."""

    def __init__(self, kind: problems.Kind, detail: str = "") -> None:
        self.kind, self.detail = kind, detail


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Reads one request; refuses by its head what is too large for its address."""

    limit = sizes.FEW
    is_stranger = False
    looked_at = 0

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head, and decide how large the body may be."""
        super().parse_header(header_plus)
        self.limit = sizes.at_most(self.path)
        self.is_stranger = self.limit > sizes.FEW and not self._shows_who()

    def _shows_who(self) -> bool:
        """Whether there is a token or a session to look at. Whether it is good, the application decides."""
        cookie = self.headers.get("COOKIE", "")
        return (
            bool(SHOWN.fullmatch(self.headers.get("AUTHORIZATION", ""))) or f"{settings.SESSION_COOKIE_NAME}=" in cookie
        )

    def received(self, data: bytes) -> int:
        """Take some bytes; return how many. An error completes the request."""
        consumed: int = super().received(data)
        if self.error is None and self.headers_finished and self.body_rcv is not None:
            self._weigh()
        return consumed

    def _weigh(self) -> None:
        size = max(self.content_length, self.body_bytes_received)
        if size > sizes.FEW and self.is_stranger:
            self._refuse(Refusal(problems.UNAUTHORIZED))
        elif size > self.limit:
            self._refuse(Refusal(problems.TOO_LARGE, f"At most {self.limit} bytes."))
        elif size > sizes.FEW and (self.looked_at == 0 or self.body_bytes_received >= self.looked_at + LOOK):
            self.looked_at = max(1, self.body_bytes_received)
            free = shutil.disk_usage(tempfile.gettempdir()).free
            # Once in the temporary file, once as the arrival.
            if free - 2 * (size - self.body_bytes_received) < settings.TOCSIN_DISK_RESERVE:
                self._refuse(Refusal(problems.UNAVAILABLE, "The disk is low."))

    def _refuse(self, refusal: Refusal) -> None:
        self.error = refusal
        self.completed = True
        self.expect_continue = False


class Told(ErrorTask):  # type: ignore[misc]
    """Answers a refusal, the server's own included, as a problem."""

    def execute(self) -> None:
        """Write the answer, and close: the rest of the body is not read."""
        error = self.request.error
        if not isinstance(error, Refusal):
            kind = problems.BY_STATUS.get(error.code, problems.ERROR if error.code >= 500 else problems.BAD_REQUEST)
            told = problems.told(kind, str(error.body)[:200], status=error.code)
        else:
            told = problems.told(error.kind, error.detail)
        body = json.dumps(told).encode()
        self.status = f"{told['status']} {told['code']}"
        self.response_headers.extend([("Content-Type", problems.MEDIA_TYPE), ("Cache-Control", "no-store")])
        more = {401: ("WWW-Authenticate", "Bearer"), 503: ("Retry-After", "60")}
        if told["status"] in more:
            self.response_headers.append(more[told["status"]])
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that reads and refuses our way."""

    parser_class = Parser
    error_task_class = Told


def made(application: Any, *, host: str, port: int, threads: int = 4) -> Any:
    """Return a server that listens; its `run` serves until it is told to stop."""
    server = create_server(
        application,
        host=host,
        port=port,
        threads=threads,
        ident=None,
        # Ours is decided request by request; this one is the outermost, with room for a form around a file.
        max_request_body_size=settings.TOCSIN_ARRIVAL_LIMIT + (1 << 20),
        max_request_header_size=64 << 10,
        recv_bytes=64 << 10,
        connection_limit=500,
        channel_timeout=60,
        asyncore_use_poll=True,
        **_seen_through_proxies(),
    )
    server.channel_class = Channel
    return server


def _seen_through_proxies() -> dict[str, Any]:
    """Say what TOCSIN_BASE_URL and TOCSIN_PROXIES imply: the scheme people use, and whose word counts for where they are.

    We listen on this machine only. When people come by another name, a proxy stands in front and says in
    X-Forwarded-For whom it speaks for; nobody else's such header is believed.
    """
    options: dict[str, Any] = {"url_scheme": urlsplit(settings.TOCSIN_BASE_URL).scheme or "http"}
    if settings.TOCSIN_PROXIES:
        options |= {
            "trusted_proxy": "127.0.0.1",
            "trusted_proxy_count": settings.TOCSIN_PROXIES,
            "trusted_proxy_headers": {"x-forwarded-for"},
        }
    return options


def keep_bodies(home: Path) -> None:
    """Have bodies wait in the data folder: /tmp may be memory. What a process that died left there goes."""
    place = home / "uploads"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    tempfile.tempdir = str(place)
