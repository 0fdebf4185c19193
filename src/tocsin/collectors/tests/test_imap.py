"""A mailbox of a real IMAP server: each mail once, marked only when kept, whatever breaks in between."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tocsin.collectors import guard
from tocsin.collectors.failures import NotCollected
from tocsin.collectors.imap.collect import collect
from tocsin.collectors.limits import Limits
from tocsin.collectors.tests.conftest import LOOPBACK
from tocsin.collectors.tests.dovecot import PASSWORD, Dovecot
from tocsin.collectors.tests.web import Web, serving
from tocsin.collectors.way import Place

NOW = datetime(2026, 11, 24, tzinfo=UTC)
REPORT = b'"timestamp","ip"\n"2026-11-20 01:02:03","192.0.2.7"\n'


def mail(subject: str, text: str = "See the attachment.", attached: bytes | None = REPORT) -> bytes:
    """Write a mail as a sender's program would."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "reports@feed.example", "in@team.example", subject
    message["Message-ID"] = f"<{subject.replace(' ', '-')}@feed.example>"
    message.set_content(text)
    if attached is not None:
        message.add_attachment(attached, maintype="text", subtype="csv", filename="2026-11-20-scan_rdp-x.csv")
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


def place(server: Dovecot, port: int = 0, folder: str = "INBOX", scheme: str = "imaps", **more: Any) -> Place:
    limits = Limits(seconds=10, silence=5)
    more = {"user": server.user, "secret": PASSWORD, "guard": LOOPBACK, "limits": limits, **more}
    port = port or (server.tls if scheme == "imaps" else server.clear)
    return Place(f"{scheme}://localhost:{port}/{folder}", **more)


NOBODY = Dovecot(0, 0, Path(), "nobody")


def _got(where: Place, memory: dict[str, Any], *, keep: bool = True) -> dict[str, bytes]:
    got = {}
    for found in collect(where, memory, NOW):
        got[found.name] = b"".join(iter(lambda found=found: found.content.read(1000), b""))  # type: ignore[misc]
        found.kept = keep
    return got


def test_each_mail_comes_whole_once_and_is_marked(mailbox: Dovecot) -> None:
    sent = [mail("first report"), mail("second report")]
    for content in sent:
        mailbox.put(content)
    memory: dict[str, Any] = {}
    assert list(_got(place(mailbox), memory).values()) == sent
    assert _got(place(mailbox), memory) == {}
    assert ["Seen" in flags for flags in mailbox.flags()] == [True, True]
    mailbox.put(mail("third"))
    assert list(_got(place(mailbox), memory)) == ["INBOX-3.eml"]


def test_a_mail_whose_bytes_were_not_kept_is_neither_marked_nor_forgotten(mailbox: Dovecot) -> None:
    mailbox.put(mail("first report"))
    memory: dict[str, Any] = {}
    assert len(_got(place(mailbox), memory, keep=False)) == 1
    assert "Seen" not in mailbox.flags()[0]
    assert len(_got(place(mailbox), memory)) == 1
    assert "Seen" in mailbox.flags()[0]


def test_a_mail_that_somebody_has_read_comes_too(mailbox: Dovecot) -> None:
    mailbox.put(mail("first report"))
    _got(place(mailbox), {})
    assert len(_got(place(mailbox), {})) == 1


def test_kept_mails_are_moved_where_the_feed_says_and_only_those(mailbox: Dovecot) -> None:
    mailbox.put(mail("of before"), into="Lưu trữ")
    mailbox.put(mail("first report"))
    assert len(_got(place(mailbox, move_to="Lưu trữ"), {})) == 1
    assert mailbox.flags() == []
    assert len(mailbox.flags("Lưu trữ")) == 2


def test_a_folder_to_move_to_that_is_not_there_is_said_and_the_mail_stays(mailbox: Dovecot) -> None:
    mailbox.put(mail("first report"))
    mailbox.put(mail("second report"))
    memory: dict[str, Any] = {}
    with pytest.raises(NotCollected, match="to Nowhere") as why:
        _got(place(mailbox, move_to="Nowhere"), memory)
    assert why.value.reason == "not-permitted"
    assert memory["left"] == [1, 2]
    assert len(_got(place(mailbox), memory)) == 2
    assert memory["left"] == []


def test_a_mailbox_made_anew_begins_again(mailbox: Dovecot) -> None:
    mailbox.put(mail("first report"))
    memory: dict[str, Any] = {}
    _got(place(mailbox), memory)
    memory["uidvalidity"] -= 1
    assert len(_got(place(mailbox), memory)) == 1


def test_the_mailbox_is_entered_with_starttls_too(mailbox: Dovecot) -> None:
    mailbox.put(mail("first report"))
    assert len(_got(place(mailbox, scheme="imap"), {})) == 1


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"secret": "wrong"}, "sign-in-failed"),
        ({"secret": "sai mật khẩu"}, "sign-in-failed"),
        ({"folder": "Nowhere"}, "no-such-place"),
        ({"guard": guard.Guard()}, "refused-address"),
        ({"scheme": "pop3"}, "refused-scheme"),
    ],
)
def test_what_keeps_the_mailbox_shut_is_named(mailbox: Dovecot, more: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotCollected) as why:
        _got(place(mailbox, **more), {})
    assert why.value.reason == reason
    assert PASSWORD not in f"{why.value.detail}"


def test_a_certificate_that_is_not_trusted_keeps_the_password_back(
    mailbox: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    for scheme in ("imaps", "imap"):
        with pytest.raises(NotCollected) as why:
            _got(place(mailbox, scheme=scheme), {})
        assert why.value.reason == "not-trusted"


def test_without_tls_no_password_is_sent() -> None:
    said: list[bytes] = []

    def bare(connection: socket.socket) -> None:
        connection.sendall(b"* OK ready\r\n")
        while line := connection.recv(1000):
            said.append(line)
            tag = line.split(b" ")[0]
            connection.sendall(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" + tag + b" OK done\r\n")

    with _speaking(bare) as port, pytest.raises(NotCollected) as why:
        _got(place(NOBODY, port, scheme="imap"), {})
    assert why.value.reason == "not-trusted"
    assert PASSWORD.encode() not in b"".join(said)


@pytest.mark.parametrize("after", [200, 1500, 4000, 30_000])
def test_a_connection_that_breaks_in_the_middle_loses_and_repeats_nothing(mailbox: Dovecot, after: int) -> None:
    sent = [mail(f"report {number}", attached=REPORT * 200) for number in range(3)]
    for content in sent:
        mailbox.put(content)
    memory: dict[str, Any] = {}
    kept: list[bytes] = []

    def visit(port: int) -> None:
        for found in collect(place(mailbox, port), memory, NOW):
            kept.append(b"".join(iter(lambda found=found: found.content.read(1000), b"")))  # type: ignore[misc]
            found.kept = True

    with _cut(mailbox.tls, after) as port, suppress(NotCollected):
        visit(port)
        assert after == 30_000
    visit(0)
    assert set(kept) == set(sent)
    assert len(kept) <= len(sent) + 1  # the one whose mark was lost with the connection, known by its checksum
    assert all("Seen" in flags for flags in mailbox.flags())


@pytest.mark.parametrize(
    "says",
    [
        b"* BYE go away\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"* OK " + b"x" * (3 << 20),
        b"\xff\xfe\x00",
        b"* OK ready\r\n* CAPABILITY\r\n* {99999999999}\r\n",
    ],
)
def test_a_server_that_speaks_something_else_is_left_by_name(says: bytes) -> None:
    def speak(connection: socket.socket) -> None:
        connection.sendall(says)

    with _speaking(speak) as port, pytest.raises(NotCollected) as why:
        _got(place(NOBODY, port, scheme="imap", limits=Limits(seconds=2, silence=1)), {})
    assert why.value.reason in {"bad-answer", "cut-short", "too-large"}


def test_a_server_that_drips_is_left_at_the_deadline() -> None:
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        while not stop.wait(0.05):
            connection.sendall(b"*")

    with _speaking(drip) as port, pytest.raises(NotCollected) as why:
        _got(place(NOBODY, port, scheme="imap", limits=Limits(seconds=1, silence=0.5)), {})
    stop.set()
    assert why.value.reason == "too-slow"


def test_a_mail_too_large_is_left_and_the_others_are_not_held_up(mailbox: Dovecot) -> None:
    mailbox.put(mail("huge", attached=REPORT * 4000))
    mailbox.put(mail("small"))
    memory: dict[str, Any] = {}
    small = place(mailbox, limits=Limits(size=50_000, seconds=10, silence=5))
    got = {}
    for _ in range(2):  # it stays an alarm until somebody takes it away or raises the limit
        with pytest.raises(NotCollected) as why:
            for found in collect(small, memory, NOW):
                got[found.name] = found.content.read(-1)
                found.kept = True
        assert why.value.reason == "too-large"
    assert list(got) == ["INBOX-2.eml"]
    assert list(_got(place(mailbox), memory)) == ["INBOX-1.eml"]


def test_a_link_is_followed_only_to_a_host_the_feed_allows(mailbox: Dovecot, https: Web) -> None:
    https.gives("/d/abc", REPORT, Content_Disposition="attachment; filename=2026-11-20-scan_rdp-x.csv")
    mailbox.put(mail("ready", f"Your report: {https.url('/d/abc')}. Thank you.", attached=None))
    (name,) = _got(place(mailbox), {})
    assert (name, https.asked) == ("INBOX-1.eml", [])
    memory: dict[str, Any] = {}
    come = list(_kept(place(mailbox, link_hosts=("localhost",)), memory))
    assert [(name, report) for name, report, _ in come] == [("2026-11-20-scan_rdp-x.csv", True), ("INBOX-1.eml", False)]
    assert come[0][2] == REPORT


def test_a_link_that_is_dead_leaves_the_mail_for_another_time(mailbox: Dovecot, https: Web) -> None:
    mailbox.put(mail("ready", f"<{https.url('/gone')}>", attached=None))
    mailbox.put(mail("second"))
    memory: dict[str, Any] = {}
    where = place(mailbox, link_hosts=("localhost",))
    with pytest.raises(NotCollected, match="message 1, its link: the server answered 404") as why:
        list(_kept(where, memory))
    assert why.value.reason == "bad-status"
    assert (memory["left"], memory["last_uid"]) == ([1], 2)
    https.gives("/gone", REPORT)
    assert [name for name, *_ in _kept(where, memory)] == ["gone", "INBOX-1.eml"]


def test_the_link_of_a_mail_that_has_its_report_with_it_is_not_followed(mailbox: Dovecot, https: Web) -> None:
    mailbox.put(mail("both", https.url("/d/abc")))
    assert list(_got(place(mailbox, link_hosts=("localhost",)), {})) == ["INBOX-1.eml"]
    assert https.asked == []


def test_a_link_without_tls_is_not_followed(mailbox: Dovecot) -> None:
    with serving() as web:
        mailbox.put(mail("ready", web.url("/d/abc"), attached=None))
        with pytest.raises(NotCollected, match="only https"):
            list(_kept(place(mailbox, link_hosts=("localhost",)), {}))
        assert web.asked == []


def _kept(where: Place, memory: dict[str, Any]) -> Iterator[tuple[str, bool, bytes]]:
    for found in collect(where, memory, NOW):
        yield found.name, found.is_report, found.content.read(-1)
        found.kept = True


@contextmanager
def _speaking(speak: Any) -> Iterator[int]:
    """Run a server that speaks as it likes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(10)
                    speak(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join(10)


@contextmanager
def _cut(target: int, after: int) -> Iterator[int]:
    """Stand between client and server, and break the line after so many bytes from the server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", target), 10)
                with client, server:

                    def up() -> None:
                        with suppress(OSError):
                            while part := client.recv(4096):
                                server.sendall(part)

                    sending = threading.Thread(target=up, daemon=True)
                    sending.start()
                    left = after
                    while left > 0 and (part := server.recv(min(left, 4096))):
                        client.sendall(part)
                        left -= len(part)
                    for connection in (client, server):
                        with suppress(OSError):
                            connection.shutdown(socket.SHUT_RDWR)
                    sending.join(5)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join(10)
