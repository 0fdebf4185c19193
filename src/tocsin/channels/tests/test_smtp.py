"""Handing over, to real servers on loopback: that refuse, stall, die, want TLS and passwords, or know no UTF-8."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tocsin.channels.email import send

FROM = "canhbao@team.example"
TEXT = b"Subject: x\r\nMessage-ID: <1@team.example>\r\n\r\nfirst\r\n.dot\r\n..dots\r\n"


class Box:
    """Keeps what it is given, or does as told."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.recipient: Callable[[str], str] = lambda _: ""
        self.data: Callable[[SMTP], str] = lambda _: ""
        self.pipelining = False
        self.sessions: set[int] = set()

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]) -> list[str]:  # fmt: skip # noqa: N802
        session.host_name = hostname
        self.sessions.add(id(session))
        return [*responses[:-1], *(["250-PIPELINING"] if self.pipelining else []), responses[-1]]

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # fmt: skip # noqa: N802
        refusal = self.recipient(address)
        if not refusal:
            envelope.rcpt_tos.append(address)
        return refusal or "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        refusal = self.data(server)
        if not refusal:
            self.taken += [(address, bytes(envelope.original_content or b"")) for address in envelope.rcpt_tos]
        return refusal or "250 taken as 4711"


Serve = Callable[..., tuple[Box, str]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers; return the box and the address of each."""
    running: list[Controller] = []

    def start(**options: Any) -> tuple[Box, str]:
        box = Box()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        controller = Controller(box, hostname="127.0.0.1", port=port, **options)
        controller.start()
        running.append(controller)
        return box, f"127.0.0.1:{port}"

    yield start
    for controller in running:
        controller.stop()


def hand_over(url: str, *recipients: str, text: bytes = TEXT) -> list[str]:
    """Hand a message to each recipient over one connection; return what the server said, or how it failed."""
    said = []
    with send.Server(send.place(url)) as server:
        for recipient in recipients:
            try:
                said.append(server.send(text, sender=FROM, recipient=recipient))
            except send.NotHandedOver as error:
                said.append(f"{error.failure}{' for good' if error.permanent else ''}: {error}")
    return said


@pytest.mark.parametrize("pipelining", [False, True])
def test_the_very_bytes_arrive_over_one_connection(serve: Serve, pipelining: bool) -> None:
    box, host = serve()
    box.pipelining = pipelining
    assert hand_over(f"smtp://{host}", "a@x.example", "b@x.example") == ["250 taken as 4711"] * 2
    assert box.taken == [("a@x.example", TEXT), ("b@x.example", TEXT)]
    assert len(box.sessions) == 1


@pytest.mark.parametrize("pipelining", [False, True])
def test_a_refused_recipient_harms_no_other(serve: Serve, pipelining: bool) -> None:
    box, host = serve()
    box.pipelining = pipelining
    answers = {"gone@x.example": "550 no such user", "grey@x.example": "451 come back later"}
    box.recipient = lambda address: answers.get(address, "")
    said = hand_over(f"smtp://{host}", "gone@x.example", "a@x.example", "grey@x.example", "b@x.example")
    assert said == [
        "refused for good: 550 no such user",
        "250 taken as 4711",
        "refused: 451 come back later",
        "250 taken as 4711",
    ]
    assert [address for address, _ in box.taken] == ["a@x.example", "b@x.example"]


def test_a_refusal_after_the_text_is_told_apart(serve: Serve) -> None:
    box, host = serve()
    answers = iter(["554 looks like spam", "452 full", ""])
    box.data = lambda _: next(answers)
    assert hand_over(f"smtp://{host}", "a@x.example", "a@x.example", "a@x.example") == [
        "refused for good: 554 looks like spam",
        "refused: 452 full",
        "250 taken as 4711",
    ]


def _drop(server: SMTP) -> str:
    assert server.transport is not None
    server.transport.abort()
    return "250 never heard"


def test_a_server_that_dies_in_the_midst_costs_one_attempt_and_the_next_connects_anew(serve: Serve) -> None:
    box, host = serve()
    deaths = iter([True, False])
    box.data = lambda server: _drop(server) if next(deaths) else ""
    first, second = hand_over(f"smtp://{host}", "a@x.example", "b@x.example")
    assert first.startswith("disconnected: ")
    assert second == "250 taken as 4711"
    assert len(box.sessions) == 2


def test_a_server_that_ends_the_connection_after_some_messages_gets_another(serve: Serve) -> None:
    box, host = serve()
    seen: list[str] = []

    def two_at_most(address: str) -> str:
        seen.append(address)
        return "421 enough for now" if len(seen) == 3 else ""

    box.recipient = two_at_most
    assert hand_over(f"smtp://{host}", *["a@x.example"] * 4) == ["250 taken as 4711"] * 4
    assert len(box.taken) == 4


def test_a_server_that_is_away_or_busy_is_no_fault_of_a_message(serve: Serve) -> None:
    with pytest.raises(send.Unavailable, match=r"127\.0\.0\.1:1"):
        hand_over("smtp://127.0.0.1:1", "a@x.example")
    box, host = serve()
    box.recipient = lambda _: "421 shutting down"
    with pytest.raises(send.Unavailable, match="421 shutting down"):
        hand_over(f"smtp://{host}", "a@x.example")


def test_an_address_beyond_ascii_needs_a_server_that_speaks_it(serve: Serve) -> None:
    box, host = serve(enable_SMTPUTF8=True)
    assert hand_over(f"smtp://{host}", "đội@x.example") == ["250 taken as 4711"]
    assert box.taken[0][0] == "đội@x.example"
    _, host = serve(enable_SMTPUTF8=False)
    (said,) = hand_over(f"smtp://{host}", "đội@x.example")
    assert said.startswith("needs-smtputf8 for good: ")


def test_an_international_host_name_needs_nothing_special(serve: Serve) -> None:
    box, host = serve(enable_SMTPUTF8=False)
    assert hand_over(f"smtp://{host}", "a@bücher.example") == ["250 taken as 4711"]
    assert box.taken[0][0] == "a@xn--bcher-kva.example"


def test_what_is_no_address_never_reaches_the_server(serve: Serve) -> None:
    box, host = serve()
    (said,) = hand_over(f"smtp://{host}", "a@x.example>\r\nRCPT TO:<b@x.example")
    assert said.startswith("bad-address for good: ")
    assert box.taken == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.team.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )  # fmt: skip
    return path


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _authenticator(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"tocsin", b"p@ss:word")
    return AuthResult(success=right, handled=right)


def test_a_message_goes_over_starttls_with_a_password(serve: Serve, certificate: Path) -> None:
    box, host = serve(
        tls_context=_context(certificate), require_starttls=True, authenticator=_authenticator, auth_required=True
    )  # fmt: skip
    assert hand_over(f"smtp://tocsin:p%40ss%3Aword@{host}?ca={certificate}", "a@x.example") == ["250 taken as 4711"]
    with pytest.raises(send.Unavailable, match="535"):
        hand_over(f"smtp://tocsin:wrong@{host}?ca={certificate}", "a@x.example")
    assert len(box.taken) == 1


def test_a_certificate_nobody_vouches_for_is_refused(serve: Serve, certificate: Path) -> None:
    box, host = serve(tls_context=_context(certificate))
    with pytest.raises(send.Unavailable, match="certificate"):
        hand_over(f"smtp://{host}", "a@x.example")
    assert box.taken == []


def test_a_server_without_starttls_is_refused_where_it_is_required(serve: Serve) -> None:
    box, host = serve()
    with pytest.raises(send.Unavailable, match="STARTTLS"):
        hand_over(f"smtp://{host}?starttls=required", "a@x.example")
    assert box.taken == []


def test_tls_from_the_first_byte(serve: Serve, certificate: Path) -> None:
    box, host = serve(ssl_context=_context(certificate))
    assert hand_over(f"smtps://{host}?ca={certificate}", "a@x.example") == ["250 taken as 4711"]
    assert len(box.taken) == 1


@pytest.mark.parametrize("url", ["http://x.example", "smtp://x.example:nine", "smtp://x.example?starttls=perhaps"])
def test_an_address_of_a_server_that_makes_no_sense_is_named(url: str) -> None:
    with pytest.raises(send.BadUrl):
        send.place(url)


def test_the_outbox_keeps_the_bytes_under_the_message_id(tmp_path: Path) -> None:
    with send.opened("", tmp_path / "outbox") as way:
        way.send(TEXT.replace(b"<1@", b"<0af.1@"), sender=FROM, recipient="a@x.example")
        with pytest.raises(send.NotHandedOver):
            way.send(TEXT, sender=FROM, recipient="nobody")
    (kept,) = (tmp_path / "outbox").iterdir()
    assert kept.name == "0af.1.eml"
    assert kept.read_bytes() == TEXT.replace(b"<1@", b"<0af.1@")
