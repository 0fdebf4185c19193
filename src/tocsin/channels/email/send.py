"""Hand messages to an SMTP server, or keep them in the built-in outbox when there is none."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from tocsin.channels.email import addresses
from tocsin.channels.handover import NotHandedOver, Unavailable

TIMEOUT = 30
__all__ = ["BadUrl", "NotHandedOver", "Outbox", "Place", "Server", "Unavailable", "opened", "place"]
_STARTS_WITH_DOT = re.compile(rb"(?m)^\.")


class _ClosedBeforeData(Exception):
    """The connection ended before the text of a message was under way."""

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


class BadUrl(Exception):
    """The address of the server cannot be used as it is written."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server is and how it is spoken to."""

    host: str
    port: int
    user: str
    password: str
    tls: str
    """`always` from the first byte, `required` or `offered` by STARTTLS, `never`."""
    authority: str
    """File with the certificates to trust; empty: those of this machine."""


def place(url: str) -> Place:
    """Read `smtp://[user:password@]host[:port][?starttls=required|offered|never&ca=FILE]` or `smtps://…`. Raise BadUrl."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    tls = "always" if parts.scheme == "smtps" else query.get("starttls", ["offered"])[0]
    if parts.scheme not in {"smtp", "smtps"} or tls not in {"always", "required", "offered", "never"}:
        raise BadUrl(f"{parts.scheme}://{parts.hostname or ''}: write smtp://HOST:PORT or smtps://HOST:PORT")
    try:
        port = parts.port or (465 if tls == "always" else 25)
    except ValueError as error:
        raise BadUrl(f"{parts.hostname}: {error}") from error
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Place(parts.hostname or "localhost", port, user, password, tls, query.get("ca", [""])[0])


@dataclass(slots=True)
class Server:
    """One connection to an SMTP server, for many messages: `with Server(place(url)) as server: server.send(…)`."""

    place: Place
    _connection: smtplib.SMTP | None = field(default=None, repr=False)
    _used: int = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            try:
                self._connection.quit()
            except (smtplib.SMTPException, OSError):
                self._connection.close()

    def send(self, message: bytes, *, sender: str, recipient: str) -> str:
        """Hand over one message (lines ending in CRLF); return what the server said. Raise NotHandedOver, Unavailable."""
        try:
            sender, recipient = addresses.plain(sender), addresses.plain(recipient)
        except addresses.BadAddress as error:
            raise NotHandedOver(str(error), permanent=True, failure="bad-address") from error
        if self._used and self._connection is not None:
            # Many servers end a connection after some messages. Until the text is under way nothing is lost by asking anew.
            try:
                return self._hand_over(message, sender, recipient)
            except _ClosedBeforeData:
                self._drop()
        try:
            return self._hand_over(message, sender, recipient)
        except _ClosedBeforeData as error:
            self._drop()
            if error.says.startswith("421"):
                raise Unavailable(error.says) from error
            raise NotHandedOver(error.says, permanent=False, failure="disconnected") from error

    def _hand_over(self, message: bytes, sender: str, recipient: str) -> str:
        connection = self._connected()
        options = ""
        if addresses.needs_utf8(recipient) or addresses.needs_utf8(sender):
            if not connection.has_extn("smtputf8"):
                raise NotHandedOver(
                    f"{recipient}: the server does not speak SMTPUTF8", permanent=True, failure="needs-smtputf8"
                )
            options = " SMTPUTF8 BODY=8BITMIME"
        try:
            _envelope(connection, f"FROM:<{sender}>{options}", f"TO:<{recipient}>")
        except smtplib.SMTPServerDisconnected as error:
            raise _ClosedBeforeData(str(error) or "the server closed the connection") from error
        except (smtplib.SMTPException, OSError) as error:
            raise _ClosedBeforeData(str(error) or type(error).__name__) from error
        try:
            if not message.endswith(b"\r\n"):
                message += b"\r\n"
            connection.send(_STARTS_WITH_DOT.sub(b"..", message) + b".\r\n")
            code, said = connection.getreply()
        except (smtplib.SMTPException, OSError) as error:
            # Perhaps it is this very message that the server dies of: it counts as an attempt.
            self._drop()
            raise NotHandedOver(str(error) or type(error).__name__, permanent=False, failure="disconnected") from error
        if code // 100 != 2:
            if code == 421 or code < 0:
                self._drop()
            raise NotHandedOver(_reply(code, said), permanent=500 <= code < 600)
        self._used += 1
        return _reply(code, said)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection, self._used = None, 0

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            try:
                self._connection = _connect(self.place)
            except (smtplib.SMTPException, OSError) as error:
                raise Unavailable(f"{self.place.host}:{self.place.port}: {_words(error)}") from error
        return self._connection


def _envelope(connection: smtplib.SMTP, mail: str, rcpt: str) -> None:
    """Say from whom and to whom, up to the point where the server waits for the text. Raise NotHandedOver, _ClosedBeforeData."""
    if connection.has_extn("pipelining"):  # RFC 2920: one round trip for three commands
        connection.send(f"MAIL {mail}\r\nRCPT {rcpt}\r\nDATA\r\n".encode())
        replies = [connection.getreply() for _ in range(3)]
        if replies[2][0] == 354 and any(code // 100 != 2 for code, _ in replies[:2]):
            connection.send(b".\r\n")  # it waits for a message to nobody
            connection.getreply()
    else:
        replies = []
        connection.command_encoding = "utf-8"
        for command in (f"MAIL {mail}", f"RCPT {rcpt}", "DATA"):
            replies.append(connection.docmd(command))
            if replies[-1][0] // 100 not in {2, 3}:
                break
    for code, said in replies:
        if code // 100 in {2, 3}:
            continue
        if code == 421 or code < 0:
            raise _ClosedBeforeData(_reply(code, said))
        connection.rset()
        raise NotHandedOver(_reply(code, said), permanent=500 <= code < 600)


def _reply(code: int, said: bytes) -> str:
    return f"{code} {said.decode(errors='replace')}"[:1000].replace("\0", "")


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    return str(error) or type(error).__name__


def _connect(to: Place) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=to.authority or None)
    if to.tls == "always":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(to.host, to.port, timeout=TIMEOUT, context=context)
    else:
        connection = smtplib.SMTP(to.host, to.port, timeout=TIMEOUT)
    try:
        connection.ehlo_or_helo_if_needed()
        if to.tls in {"required", "offered"} and connection.has_extn("starttls"):
            connection.starttls(context=context)
            connection.ehlo()
        elif to.tls == "required":
            raise smtplib.SMTPNotSupportedError("the server offers no STARTTLS, and it is required")
        if to.user:
            if not isinstance(connection.sock, ssl.SSLSocket) and not _is_loopback(to.host):
                raise smtplib.SMTPNotSupportedError("a password is not sent over an unencrypted connection")
            connection.login(to.user, to.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Outbox:
    """A folder that takes messages where no server is set: what the demo shows."""

    folder: Path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def send(self, message: bytes, *, sender: str, recipient: str) -> str:
        """Keep one message, under its Message-ID. Raise NotHandedOver, Unavailable."""
        found = re.search(rb"(?mi)^message-id: <([0-9a-z.]+)@", message)
        try:
            addresses.plain(recipient)
            self.folder.mkdir(parents=True, exist_ok=True)
            name = found[1].decode() if found else "message"
            aside = self.folder / f".{name}.part"
            with aside.open("wb") as file:
                file.write(message)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self.folder / f"{name}.eml")
        except addresses.BadAddress as error:
            raise NotHandedOver(str(error), permanent=True, failure="bad-address") from error
        except OSError as error:
            raise Unavailable(f"{self.folder}: {error}") from error
        return "kept in the built-in outbox"


def opened(url: str, outbox: Path) -> Server | Outbox:
    """Return where messages go: the server of `url`, or the outbox when it is empty. Raise BadUrl."""
    return Server(place(url)) if url else Outbox(outbox)
