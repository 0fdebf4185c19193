"""Chat: a real server on loopback stands for a Mattermost; what is not allowed is never asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tocsin.channels.chat import send as chat
from tocsin.channels.handover import NotHandedOver

SECRET = "8x4kq3mz1tbzfkzrpw7j4n5x6h"


@pytest.fixture
def room() -> Iterator[HTTPServer]:
    class Room(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.heard.append((self.path, json.loads(body)))  # type: ignore[attr-defined]
            self.send_response(self.server.answers)  # type: ignore[attr-defined]
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Room)
    server.heard, server.answers = [], 200  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def address(room: HTTPServer) -> str:
    return f"mmost://127.0.0.1:{room.server_port}/{SECRET}"


def test_a_text_arrives_in_the_room(room: HTTPServer) -> None:
    asked: list[tuple[str, int]] = []
    said = chat.send(
        address(room), title="TC-2026-000001", text="Máy chủ RDP mở", allowed=lambda *host: asked.append(host)
    )
    assert said == "Mattermost took it"
    assert asked == [("127.0.0.1", room.server_port)]
    path, body = room.heard[0]  # type: ignore[attr-defined]
    assert path.endswith(SECRET)
    assert "Máy chủ RDP mở" in body["text"]


@pytest.mark.parametrize(("answer", "permanent"), [(503, False), (403, True)])
def test_a_refusal_has_a_reason_and_never_the_secret(room: HTTPServer, answer: int, permanent: bool) -> None:
    room.answers = answer  # type: ignore[attr-defined]
    with pytest.raises(NotHandedOver) as refused:
        chat.send(address(room), title="x", text="y", allowed=lambda *_: None)
    assert refused.value.permanent is permanent
    assert SECRET not in str(refused.value)


def test_the_guard_is_asked_before_anything_is_sent(room: HTTPServer) -> None:
    def forbid(host: str, port: int) -> None:
        raise NotHandedOver(f"{host} is inside", permanent=True)

    with pytest.raises(NotHandedOver, match="is inside"):
        chat.send(address(room), title="x", text="y", allowed=forbid)
    assert room.heard == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "bad", ["file:///etc/passwd", "dbus://", "json://127.0.0.1/", "syslog://", "mmost://", "", "exec://ls"]
)
def test_an_address_of_nothing_allowed_is_refused_without_repeating_it(bad: str) -> None:
    with pytest.raises(chat.BadAddress) as refused:
        chat.check(bad)
    assert "passwd" not in str(refused.value)
