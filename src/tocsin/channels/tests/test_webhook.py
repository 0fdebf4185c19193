"""Webhook: a server on loopback receives; its few lines of verification know nothing of ours."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from datetime import UTC, datetime

import pytest

from tocsin.channels.handover import NotHandedOver
from tocsin.channels.tests.rooms import Room
from tocsin.channels.webhook import send as webhook
from tocsin.channels.webhook import sign

NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
SECRET = "whsec_b1gJt0ken"
BODY = json.dumps({"reference": "TC-2026-000001", "subject": "Máy chủ RDP mở"}, ensure_ascii=False).encode()


def connect(host: str, port: int, tls: bool) -> socket.socket:
    return socket.create_connection((host, port))


def post(room: Room, **options: object) -> str:
    given = {"secret": SECRET, "delivery": "d-1", "event": "notice", "at": NOW, "connect": connect, **options}
    return webhook.send(f"{room.url}/hook?of=us", BODY, **given)  # type: ignore[arg-type]


def test_whoever_knows_the_secret_verifies_what_came(room: Room) -> None:
    assert post(room).endswith("answered 200 ok")
    [heard] = room.heard
    # What a receiver writes, from the documentation alone:
    stamp, signature = heard.headers["X-Tocsin-Timestamp"], heard.headers["X-Tocsin-Signature"]
    own = hmac.new(SECRET.encode(), f"{stamp}.".encode() + heard.body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(signature, f"v1={own}")
    assert int(stamp) == NOW.timestamp()
    assert (heard.path, heard.headers["X-Tocsin-Delivery"], heard.body) == ("/hook?of=us", "d-1", BODY)


def test_a_changed_body_or_instant_does_not_verify() -> None:
    signed = sign.headers(SECRET, BODY, at=NOW)
    assert sign.headers(SECRET, BODY + b" ", at=NOW)[sign.SIGNATURE] != signed[sign.SIGNATURE]
    assert sign.headers(SECRET, BODY, at=NOW.replace(hour=4))[sign.SIGNATURE] != signed[sign.SIGNATURE]
    assert sign.headers(sign.new_secret(), BODY, at=NOW)[sign.SIGNATURE] != signed[sign.SIGNATURE]


def test_a_redirect_is_not_followed(room: Room) -> None:
    room.answer = 302
    with pytest.raises(NotHandedOver, match="302"):
        post(room)
    assert len(room.heard) == 1


@pytest.mark.parametrize(
    "bad",
    ["ftp://a.example/", "https://", "https://user:pw@a.example/", "https://a.example/#x", "https://a.example:x/", "/p", "https://a.example/\r\nX: y"],
)  # fmt: skip
def test_an_address_that_cannot_be_posted_to_is_refused_without_repeating_it(bad: str) -> None:
    with pytest.raises(webhook.BadAddress) as refused:
        webhook.check(bad)
    assert "pw" not in str(refused.value)
