"""A web address, and servers that lie, drip, send without end, or point elsewhere."""

from __future__ import annotations

import base64
import gzip
import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.collectors import guard
from tocsin.collectors.failures import NotCollected, Refused
from tocsin.collectors.http.collect import collect
from tocsin.collectors.limits import Limits
from tocsin.collectors.tests.authority import Authority
from tocsin.collectors.tests.conftest import LOOPBACK
from tocsin.collectors.tests.web import Web
from tocsin.collectors.way import Place

NOW = datetime(2026, 11, 24, tzinfo=UTC)
LIST = b"192.0.2.1\n192.0.2.2\n"


def _got(address: str, memory: dict[str, Any] | None = None, **more: Any) -> list[tuple[str, bytes]]:
    """Collect, keeping everything; return names and bytes."""
    limits = more.pop("limits", Limits(seconds=8, silence=4))
    given = more.pop("guard", LOOPBACK)
    got = []
    for found in collect(Place(address, given, limits=limits, **more), {} if memory is None else memory, NOW):
        content = b""
        while part := found.content.read(1000):
            content += part
        got.append((found.name, content))
        found.kept = True
    return got


def _why(address: str, **more: Any) -> NotCollected:
    with pytest.raises(NotCollected) as failure:
        _got(address, **more)
    return failure.value


def test_a_document_comes_whole_with_its_name_and_age(http: Web) -> None:
    http.gives("/feeds/drop.txt", LIST, Last_Modified="Mon, 23 Nov 2026 10:00:00 GMT")
    place = Place(http.url("/feeds/drop.txt?format=plain"), LOOPBACK)
    (found,) = collect(place, {}, NOW)
    assert (found.name, found.changed_at) == ("drop.txt", datetime(2026, 11, 23, 10, tzinfo=UTC))
    assert http.headers()["accept-encoding"] == "identity"


def test_a_document_that_did_not_change_is_not_sent_again(http: Web) -> None:
    http.gives("/a", LIST, ETag='"v1"', Last_Modified="Mon, 23 Nov 2026 10:00:00 GMT")
    memory: dict[str, Any] = {}
    assert _got(http.url("/a"), memory) == [("a", LIST)]
    http.says("/a", b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n')
    assert _got(http.url("/a"), memory) == []
    assert http.headers()["if-none-match"] == '"v1"'
    assert http.headers()["if-modified-since"] == "Mon, 23 Nov 2026 10:00:00 GMT"


def test_what_was_not_kept_is_asked_for_again(http: Web) -> None:
    http.gives("/a", LIST, ETag='"v1"')
    memory: dict[str, Any] = {}
    for _ in collect(Place(http.url("/a"), LOOPBACK), memory, NOW):
        pass
    assert memory == {}


def test_the_servers_own_name_for_the_file_counts_and_no_path_of_it(http: Web) -> None:
    http.gives("/d/abcdef", LIST, Content_Disposition='attachment; filename="../../2026-11-20-scan_rdp-x.csv"')
    assert _got(http.url("/d/abcdef"))[0][0] == "2026-11-20-scan_rdp-x.csv"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + LIST, "cut-short"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n192.0.2.1\n192.0.2", "cut-short"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "bad-answer"),
        (b"", "cut-short"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "cut-short"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "bad-answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n", "bad-answer"),
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "bad-status"),
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "sign-in-failed"),
        (b"HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\n\r\nab", "bad-status"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nab", "bad-encoding"),
        (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "bad-answer"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n", "bad-answer"),
        (b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", "refused-scheme"),
        (b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n", "refused-redirect"),
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_refused_by_name(http: Web, answer: bytes, reason: str) -> None:
    http.says("/a", answer)
    assert _why(http.url("/a")).reason == reason


def test_a_body_longer_than_it_says_is_taken_to_its_said_length(http: Web) -> None:
    http.says("/a", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + LIST)
    assert _got(http.url("/a")) == [("a", LIST[:10])]


def test_a_body_without_end_is_left_at_the_limit(http: Web) -> None:
    sent = 0

    def forever(connection: socket.socket, _: str) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with suppress(OSError):
            while True:
                sent += connection.send(b"x" * 65536)

    http.routes["/a"] = forever
    why = _why(http.url("/a"), limits=Limits(size=1 << 20, seconds=8, silence=4))
    assert why.reason == "too-large"
    assert sent < 32 << 20


@pytest.mark.parametrize("said_first", [b"", b"HTTP/1.1 200 OK\r\nX-", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"])
def test_a_server_that_drips_is_left_at_the_deadline(http: Web, said_first: bytes) -> None:
    stop = threading.Event()

    def drip(connection: socket.socket, _: str) -> None:
        connection.sendall(said_first)
        with suppress(OSError):
            while not stop.wait(0.1):
                connection.sendall(b"h")

    http.routes["/a"] = drip if said_first else lambda *_: stop.wait(20)
    if said_first.endswith(b"\r\n\r\n"):
        http.routes["/a"] = lambda connection, _: (connection.sendall(said_first), stop.wait(20))
    began = time.monotonic()
    why = _why(http.url("/a"), limits=Limits(seconds=1.0, silence=0.6))
    stop.set()
    assert why.reason == "too-slow"
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://[::ffff:10.0.0.1]/", "//192.168.0.1/x"]
)  # fmt: skip
def test_a_redirect_that_leads_inside_is_refused(http: Web, target: str) -> None:
    http.says("/a", f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
    only = guard.Guard(guard.networks(["127.0.0.1/32"]))
    why = _why(http.url("/a", "127.0.0.1"), guard=only)
    assert isinstance(why, Refused)
    assert why.reason == "refused-address"


def test_without_the_operators_word_this_machine_is_never_asked(http: Web) -> None:
    http.gives("/a", LIST)
    assert _why(http.url("/a"), guard=guard.Guard()).reason == "refused-address"
    assert http.asked == []


def test_a_redirect_is_followed_and_the_secret_stays_with_its_origin(http: Web, https: Web, trusted: Authority) -> None:
    http.says("/a", f"HTTP/1.1 302 Found\r\nLocation: {http.url('/b')}\r\nContent-Length: 0\r\n\r\n".encode())
    http.says("/b", f"HTTP/1.1 302 Found\r\nLocation: {https.url('/c')}\r\nContent-Length: 0\r\n\r\n".encode())
    https.gives("/c", LIST)
    assert _got(http.url("/a"), user="lan", secret="quả bí mật") == [("a", LIST)]
    said = "Basic " + base64.b64encode("lan:quả bí mật".encode()).decode()
    assert [http.headers(0)["authorization"], http.headers(1)["authorization"]] == [said, said]
    assert "authorization" not in https.headers()


def test_https_never_becomes_http_again(http: Web, https: Web, trusted: Authority) -> None:
    https.says("/a", f"HTTP/1.1 302 Found\r\nLocation: {http.url('/b')}\r\nContent-Length: 0\r\n\r\n".encode())
    assert _why(https.url("/a")).reason == "refused-redirect"
    assert http.asked == []


def test_a_certificate_must_be_trusted_and_name_the_host(
    https: Web, signed: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    https.gives("/a", LIST)
    assert _why(https.url("/a")).reason == "not-trusted"
    monkeypatch.setenv("SSL_CERT_FILE", str(signed.write(tmp_path)))
    assert _got(https.url("/a")) == [("a", LIST)]
    assert _why(https.url("/a", "127.0.0.1")).reason == "not-trusted"


@pytest.mark.parametrize(
    ("user", "path", "header", "value"),
    [("", "/a", "authorization", "Bearer k3y"), ("Auth-Key:", "/a", "auth-key", "k3y"), ("", "/d/{secret}/a", None, "/d/k3y/a")],
)  # fmt: skip
def test_a_key_goes_where_the_source_wants_it(http: Web, user: str, path: str, header: str | None, value: str) -> None:
    http.gives(path.replace("{secret}", "k3y"), LIST)
    assert _got(http.url(path), user=user, secret="k3y") == [("a", LIST)]
    if header:
        assert http.headers()[header] == value
    else:
        assert http.asked[0].startswith(f"GET {value} ")
        assert "authorization" not in http.headers()


def test_no_failure_shows_the_secret(http: Web) -> None:
    secret = "k3y-of-the-feed"
    for path, given in (("/d/{secret}/a", secret), ("/a", secret + "\r\nX-Injected: 1"), ("/a", secret)):
        why = _why(http.url(path), secret=given, user="Auth-Key:")
        assert secret not in f"{why} {why.detail} {why.__cause__}"
    assert not any("X-Injected" in asked for asked in http.asked)
    place = Place(http.url("/a"), LOOPBACK, secret=secret)
    assert secret not in repr(place)


@pytest.mark.parametrize("address", ["ftp://localhost/a", "http:///a", "http://u:p@localhost/a", "nonsense", ""])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    assert isinstance(_why(address), Refused)


def test_a_packed_body_is_kept_as_it_came(http: Web) -> None:
    bomb = gzip.compress(b"\0" * (50 << 20))
    http.gives("/a", bomb, Content_Encoding="gzip")
    assert _got(http.url("/a"), limits=Limits(size=1 << 20)) == [("a", bomb)]
