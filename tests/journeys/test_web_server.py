"""The web server as a process: bodies go to disk and take no memory, each address has its limit, refusals are problems."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

MIB = 1 << 20


@dataclass
class Site:
    """A web process of its own, with a token."""

    process: subprocess.Popen[bytes]
    port: int
    secret: str
    home: Path

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, object], str]:
        """Send a request; return status, document and media type."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {self.secret}", **named})
        except (BrokenPipeError, ConnectionResetError):
            pass  # it answered before all was sent
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response.status, json.loads(text), response.headers["Content-Type"]

    def peak(self) -> int:
        """Return the most memory it ever had, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("site")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"TOCSIN_HOME": str(home), "TOCSIN_ARRIVAL_LIMIT": "100MiB", "TOCSIN_DISK_RESERVE": "1MiB"}
    command = [sys.executable, "-m", "tocsin.project.cli", "token", "add", "x", "--json"]
    scopes = ["--scope", "reports:write", "--scope", "admin"]
    made = subprocess.run([*command, *scopes], env=environment, capture_output=True, check=True)
    process = subprocess.Popen([sys.executable, "-m", "tocsin.project.web", str(port)], env=environment)
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield Site(process, port, json.loads(made.stdout)["secret"], home)
    finally:
        process.terminate()
        process.wait(20)


def blocks(n: int) -> Iterator[bytes]:
    """Yield so many mebibytes."""
    for number in range(n):
        yield bytes([number % 256]) * MIB


def test_a_large_report_goes_to_disk_and_takes_no_memory(site: Site) -> None:
    assert site.ask("GET", "/api/v1/me")[0] == 200  # everything is loaded
    before = site.peak()
    status, taken, _ = site.ask("POST", "/api/v1/reports", blocks(80), content_type="application/octet-stream")
    assert status == 202
    assert taken["size"] == 80 * MIB
    kept = site.home / "raw" / str(taken["sha256"])[:2] / str(taken["sha256"])
    assert kept.stat().st_size == 80 * MIB
    assert list((site.home / "uploads").iterdir()) == []
    assert site.peak() - before < 32 * MIB


@pytest.mark.parametrize("known", [True, False])
def test_a_report_beyond_the_limit_is_refused_by_its_head_or_while_it_comes(site: Site, known: bool) -> None:
    length = {"content_length": str(120 * MIB)} if known else {}
    status, told, media_type = site.ask("POST", "/api/v1/reports", blocks(120), **length)
    assert (status, told["code"], media_type) == (413, "too-large", "application/problem+json")


@pytest.mark.parametrize("path", ["/api/v1/tokens", "/api/v1/findings", "/api/v1/nothing"])
def test_other_addresses_take_little(site: Site, path: str) -> None:
    status, told, _ = site.ask("POST", path, blocks(8), content_length=str(8 * MIB))
    assert (status, told["code"]) == (413, "too-large")


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic eDp4"])
def test_nobody_sends_much_without_showing_who(site: Site, header: str) -> None:
    for path in ("/api/v1/reports", "/api/v1/constituency", "/sign-in/"):
        status, told, _ = site.ask("POST", path, blocks(8), content_length=str(8 * MIB), Authorization=header)
        assert (status, told["code"]) == (401, "unauthorized")


def test_a_client_that_asks_first_is_refused_before_it_sends(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as line:
        line.sendall(
            b"POST /api/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"
        )
        assert line.recv(4096).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 200_000, 431),
        (b"GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + b"a" * 10_000_000, 431),
        (b"GET /api/v1/me HTTP/1.1\r\nHost 127.0.0.1", 400),
        (b"\xff\xfe\x00 / HTTP/1.1", 400),
        (b"POST /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: rot13", 501),
        (b"GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \xff\xfe", 401),
    ],
)
def test_a_head_that_is_wrong_is_refused_as_a_problem(site: Site, head: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as line:
        try:
            line.sendall(head + b"\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # it answered before all was sent
        answer = b""
        try:
            while block := line.recv(65536):
                answer += block
                if b"errors" in answer:
                    break
        except ConnectionResetError:
            pass  # with bytes of ours unread, the system cuts the line after the answer
    assert answer.startswith((f"HTTP/1.1 {status} ".encode(), f"HTTP/1.0 {status} ".encode())), answer
    assert b"application/problem+json" in answer
