"""Post a signed document to an address of the organization: one connection, no redirect followed, little read back."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from tocsin.channels.handover import NotHandedOver
from tocsin.channels.webhook import sign

Connect = Callable[[str, int, bool], socket.socket]
"""Given host, port and whether TLS follows, return a connection, or raise NotHandedOver: the caller's guard."""
TIMEOUT: Final = 15.0
"""Seconds for each step: a receiver that is slower takes the message into a queue of its own."""
HEARD: Final = 500
"""Bytes of the answer that are kept."""
GONE: Final = frozenset({404, 405, 410})
"""Answers after which the address is not tried again; every other refusal may be over soon."""


class BadAddress(ValueError):
    """The address cannot be posted to; the text never repeats what may be secret in it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a webhook is."""

    host: str
    port: int
    path: str
    tls: bool


def check(address: str) -> Place:
    """Read `https://host[:port]/path`, or `http://…` where the guard allows it. Raise BadAddress."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise BadAddress("the address cannot be read") from error
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise BadAddress("write https://HOST/PATH")
    if parts.username or parts.password or parts.fragment:
        raise BadAddress("the address holds a user or a fragment; what proves who we are is the signature")
    if not address.isascii() or any(ord(c) < 33 for c in address):
        raise BadAddress("the address holds a character that addresses do not have")
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.hostname, port or (443 if tls else 80), path, tls)


def send(
    address: str, body: bytes, *, secret: str, delivery: str, event: str, at: datetime, connect: Connect, before: str = ""
) -> str:  # fmt: skip
    """Hand a JSON document over; return what the other side answered. Raise NotHandedOver, BadAddress.

    `delivery` stays the same at every attempt, so that a receiver that got it twice counts it once.
    `before` is a secret that is being replaced.
    """
    place = check(address)
    connection = _Through(place, connect)
    try:
        connection.request(
            "POST",
            place.path,
            body=body,
            headers={
                "Content-Type": "application/json",
                "User-Agent": "Tocsin (webhook)",
                "Connection": "close",
                "X-Tocsin-Event": event,
                "X-Tocsin-Delivery": delivery,
                **sign.headers(secret, body, at=at, before=before),
            },
        )
        with connection.getresponse() as response:
            said = response.read(HEARD).decode(errors="replace").replace("\0", "")
    except NotHandedOver:
        raise
    except ssl.SSLCertVerificationError as error:
        raise NotHandedOver(f"{place.host}: {error.verify_message}", permanent=False, failure="not-trusted") from None
    except (OSError, http.client.HTTPException) as error:
        says = str(error) or type(error).__name__
        raise NotHandedOver(f"{place.host}: {says}"[:500], permanent=False, failure="disconnected") from None
    finally:
        connection.close()
    answer = f"{place.host} answered {response.status} {' '.join(said.split())[:200]}".strip()
    if response.status // 100 != 2:
        raise NotHandedOver(answer, permanent=response.status in GONE)
    return answer


class _Through(http.client.HTTPConnection):
    """A connection that the guard makes: no proxy, no second look-up of the name."""

    def __init__(self, place: Place, connect: Connect) -> None:
        super().__init__(place.host, place.port, timeout=TIMEOUT)
        self._place, self._connect = place, connect
        if place.tls:
            self.default_port = 443

    def connect(self) -> None:
        """Connect, then TLS, which checks the name."""
        made = self._connect(self._place.host, self._place.port, self._place.tls)
        made.settimeout(TIMEOUT)
        if not self._place.tls:
            self.sock = made
            return
        try:
            self.sock = ssl.create_default_context().wrap_socket(made, server_hostname=self._place.host)
        except OSError:
            made.close()
            raise
