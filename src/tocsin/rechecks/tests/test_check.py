"""Checks against real services on loopback."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tocsin.rechecks import NoCheck, Result, can_check, check


@contextmanager
def service(answer: Callable[[bytes], bytes] | None, *, greets: bytes = b"") -> Iterator[int]:
    """Serve one connection after another: greet, read once, answer. `answer` None: accept and stay silent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = threading.Event()

        def serve() -> None:
            listener.settimeout(0.02)
            while not done.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    if greets:
                        connection.sendall(greets)
                    elif answer is not None:
                        connection.sendall(answer(connection.recv(4096)))
                    else:
                        done.wait(1)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            done.set()
            thread.join()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_port_that_accepts_is_still_there_and_one_that_refuses_is_clean() -> None:
    with service(None) as port:
        assert check("open-rdp", "127.0.0.1", port).result is Result.STILL_THERE
    seen = check("open-rdp", "127.0.0.1", closed_port())
    assert (seen.result, seen.said) == (Result.CLEAN, "the connection was refused")


@pytest.mark.parametrize(
    ("kind", "answer", "result"),
    [
        ("open-redis", b"+PONG\r\n", Result.STILL_THERE),
        ("open-redis", b"-NOAUTH Authentication required.\r\n", Result.CLEAN),
        ("open-redis", b"HTTP/1.1 400 Bad Request\r\n", Result.COULD_NOT_TELL),
        ("open-memcached", b"VERSION 1.6.18\r\n", Result.STILL_THERE),
        ("open-elasticsearch", b'HTTP/1.1 200 OK\r\n\r\n{"cluster_name" : "mau"}', Result.STILL_THERE),
        ("open-elasticsearch", b"HTTP/1.1 401 Unauthorized\r\n\r\n{}", Result.CLEAN),
        ("open-docker", b'HTTP/1.0 200 OK\r\n\r\n{"ApiVersion":"1.43"}', Result.STILL_THERE),
    ],
)
def test_what_a_service_answers_decides(kind: str, answer: bytes, result: Result) -> None:
    with service(lambda _: answer) as port:
        seen = check(kind, "127.0.0.1", port)
    assert seen.result is result, seen.said


def test_a_greeting_decides_without_a_word_from_us() -> None:
    with service(None, greets=b"220 ftp.soyte.example ready\r\n") as port:
        seen = check("accessible-ftp", "127.0.0.1", port)
    assert (seen.result, seen.said) == (Result.STILL_THERE, "it answers: 220 ftp.soyte.example ready")


def test_silence_after_accepting_is_no_proof() -> None:
    with service(None) as port:
        seen = check("accessible-ftp", "127.0.0.1", port, wait=0.2)
    assert seen.result is Result.COULD_NOT_TELL


def test_what_a_service_says_is_recorded_without_control_characters() -> None:
    with service(None, greets=b"220 \x1b[31m\x00\x07<script>\r\n") as port:
        said = check("accessible-ftp", "127.0.0.1", port).said
    assert re.fullmatch(r"[ -~]+", said)


@pytest.mark.parametrize(
    ("flags", "result"), [(b"\x81\x80", Result.STILL_THERE), (b"\x81\x05", Result.CLEAN), (b"\x81\x00", Result.CLEAN)]
)
def test_only_a_resolver_that_works_for_strangers_is_open(flags: bytes, result: Result) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            question, asker = server.recvfrom(512)
            server.sendto(question[:2] + flags + question[4:], asker)

        thread = threading.Thread(target=serve)
        thread.start()
        seen = check("dns-open-resolver", "127.0.0.1", server.getsockname()[1])
        thread.join()
    assert seen.result is result, seen.said


def test_a_kind_that_no_connection_can_verify_is_said_so() -> None:
    assert not can_check("infected-system")
    with pytest.raises(NoCheck):
        check("infected-system", "127.0.0.1")
