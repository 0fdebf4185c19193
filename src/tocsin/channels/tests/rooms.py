"""A web server on loopback that stands for the other side of a channel: it keeps what it hears and answers as told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer


@dataclass
class Heard:
    path: str
    headers: Message
    body: bytes


@dataclass
class Room:
    port: int = 0
    answer: int = 200
    heard: list[Heard] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def opened() -> Iterator[Room]:
    """Open a room for as long as the block lasts."""
    here = Room()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.heard.append(Heard(self.path, self.headers, body))
            self.send_response(here.answer)
            if here.answer // 100 == 3:
                self.send_header("Location", f"{here.url}/elsewhere")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Door)
    here.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
