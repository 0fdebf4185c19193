"""The check itself: an address, a port, a kind; and in words what was seen."""

from __future__ import annotations

import re
import secrets
import socket
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

WAIT: Final = 5.0
"""Seconds for a connection or an answer; tried twice before silence counts."""
MOST: Final = 4096
"""Octets of an answer that are read."""


class Result(StrEnum):
    """What a check can say."""

    CLEAN = "clean"
    STILL_THERE = "still-there"
    COULD_NOT_TELL = "could-not-tell"


@dataclass(frozen=True, slots=True)
class Seen:
    """The result, and what was seen, for the record."""

    result: Result
    said: str
    port: int


class NoCheck(LookupError):
    """No plain connection can verify this kind."""


def can_check(kind: str) -> bool:
    """Return whether a plain connection can verify a kind."""
    return kind in _checks()


def check(kind: str, address: str, port: int | None = None, *, wait: float = WAIT) -> Seen:
    """Look once at a service. `address` is an IP address in text form. Raise NoCheck.

    A refused connection and silence are *clean* as seen from here; a network that cannot be reached,
    and an answer nobody expected, are *could not tell*.
    """
    if not can_check(kind):
        raise NoCheck(kind)
    how = _checks()[kind]
    port = port or int(how["port"])
    look = _dns if how["method"] == "dns" else _tcp
    for attempt in (1, 2):
        try:
            result, said = look(how, address, port, wait)
        except ConnectionRefusedError:
            return Seen(Result.CLEAN, "the connection was refused", port)
        except TimeoutError:
            if attempt == 2:
                return Seen(Result.CLEAN, f"no answer within {wait:g} s, twice", port)
        except OSError as error:
            return Seen(Result.COULD_NOT_TELL, error.strerror or str(error), port)
        else:
            return Seen(result, said, port)
    raise AssertionError("two attempts return")


def _tcp(how: dict[str, Any], address: str, port: int, wait: float) -> tuple[Result, str]:
    with socket.create_connection((address, port), wait) as connection:
        if how["method"] == "tcp":
            return Result.STILL_THERE, "it accepts connections from outside"
        connection.settimeout(wait)
        if how["method"] == "http":
            host = f"[{address}]" if ":" in address else address
            how = {**how, "say": f"GET {how.get('path', '/')} HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n"}
        if say := how.get("say"):
            connection.sendall(say.encode())
        try:
            answer = _read(connection, re.compile(how["open"]), whole=how["method"] == "http")
        except TimeoutError:
            return Result.COULD_NOT_TELL, "it accepts connections and says nothing"
        except ConnectionResetError:
            return Result.COULD_NOT_TELL, "it accepts connections and breaks them off"
    return _judge(how, answer)


def _read(connection: socket.socket, enough: re.Pattern[str], *, whole: bool) -> str:
    answer = b""
    while len(answer) < MOST and (part := connection.recv(MOST - len(answer))):
        answer += part
        if enough.search(_text(answer)) or (not whole and b"\n" in answer):
            break
    return _text(answer)


def _judge(how: dict[str, Any], answer: str) -> tuple[Result, str]:
    said = " ".join(answer.split("\n", 1)[0].split())[:120] or "nothing"
    if re.search(how["open"], answer):
        return Result.STILL_THERE, f"it answers: {said}"
    if "closed" in how and re.search(how["closed"], answer):
        return Result.CLEAN, f"it asks who is there: {said}"
    return Result.COULD_NOT_TELL, f"it answers something else: {said}"


def _text(content: bytes) -> str:
    return "".join(c if c.isprintable() or c in "\r\n" else "." for c in content.decode("latin-1"))


def _dns(how: dict[str, Any], address: str, port: int, wait: float) -> tuple[Result, str]:
    # A name below a domain that exists everywhere and belongs to nobody (RFC 6761): only a resolver that
    # works for strangers says anything of it but "refused".
    number = secrets.token_bytes(2)
    question = number + b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + b"\x09localhost\x00" + b"\x00\x01\x00\x01"
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as connection:
        connection.settimeout(wait)
        connection.connect((address, port))
        connection.send(question)
        answer = connection.recv(MOST)
    if len(answer) < 12 or answer[:2] != number or not answer[2] & 0x80:
        return Result.COULD_NOT_TELL, "it answers something that is no DNS"
    recursion, code = answer[3] & 0x80, answer[3] & 0x0F
    if code == 5 or not recursion:
        return Result.CLEAN, "it does not resolve for strangers"
    return Result.STILL_THERE, f"it resolves for strangers (code {code})"


@cache
def _checks() -> dict[str, dict[str, Any]]:
    text = (Path(__file__).parent / "checks.toml").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = tomllib.loads(text)["kind"]
    return found
