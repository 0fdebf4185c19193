"""What TXT records a name has, asked of one resolver: enough to see a proof that somebody was told to put there (RFC 1035)."""

from __future__ import annotations

import secrets
import socket
import struct
from pathlib import Path
from typing import Final

from tocsin.collectors.failures import Rejected, Unreachable

TXT: Final = 16
WAIT: Final = 4.0
"""Seconds for an answer, twice."""
AT_MOST: Final = 100
"""Records that are looked at."""


def resolver() -> tuple[str, int]:
    """Return the machine's first resolver; without one that of this machine itself."""
    try:
        lines = Path("/etc/resolv.conf").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    found = [line.split()[1] for line in lines if line.startswith("nameserver") and len(line.split()) > 1]
    return (found[0], 53) if found else ("127.0.0.1", 53)


def lookup(name: str, *, server: tuple[str, int]) -> list[str]:
    """Return the TXT records of a name; none where it has none. Raise Unreachable, Rejected."""
    number = secrets.randbits(16)
    question = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split(".")) + b"\0"
    asked = struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + question + struct.pack("!2H", TXT, 1)
    family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
    last: OSError | None = None
    for _ in range(2):
        with socket.socket(family, socket.SOCK_DGRAM) as channel:
            channel.settimeout(WAIT)
            try:
                channel.connect(server)
                channel.send(asked)
                answer = channel.recv(65535)
            except OSError as error:
                last = error
                continue
        try:
            return _read(answer, number, asked[12:])
        except (struct.error, IndexError) as error:
            raise Rejected("bad-answer", f"the resolver's answer about {name} cannot be read") from error
    raise Unreachable("unreachable", f"the resolver {server[0]} does not answer: {last}")


def _read(answer: bytes, number: int, question: bytes) -> list[str]:
    given, flags, _, n_answers, _, _ = struct.unpack_from("!6H", answer)
    if given != number or answer[12 : 12 + len(question)] != question:
        raise Rejected("bad-answer", "the answer is to another question")
    if flags & 0x0200:
        raise Rejected("bad-answer", "there are more records than fit into one answer")
    if flags & 0x000F not in {0, 3}:  # 3: there is no such name
        raise Rejected("bad-answer", f"the resolver failed with code {flags & 0x000F}")
    found, at = [], 12 + len(question)
    for _ in range(min(n_answers, AT_MOST)):
        at = _past_name(answer, at)
        kind, _, _, length = struct.unpack_from("!HHIH", answer, at)
        at += 10
        if kind == TXT:
            found.append(_text(answer[at : at + length]))
        at += length
    return found


def _past_name(answer: bytes, at: int) -> int:
    while True:
        length = answer[at]
        if length & 0xC0 == 0xC0:
            return at + 2
        at += 1 + length
        if length == 0:
            return at


def _text(content: bytes) -> str:
    parts, at = [], 0
    while at < len(content):
        parts.append(content[at + 1 : at + 1 + content[at]])
        at += 1 + content[at]
    return b"".join(parts).decode(errors="replace")
