"""A mailbox spoken to over TLS, through the guard, within limits.

The protocol is the standard library's, folders and searches are imap-tools'; what is ours is how the
connection is made (by `guard`, TLS or nothing), that every read ends by a deadline, and that no literal
is larger than what was agreed. `BaseMailBox.flag` and `.move` are not used: they expunge whatever
somebody else has marked as deleted.
"""

from __future__ import annotations

import imaplib
import io
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError
from imap_tools.mailbox import BaseMailBox
from imap_tools.utils import encode_folder

from tocsin.collectors import guard as guards
from tocsin.collectors.failures import NotCollected, Refused, Rejected, TooMuch, Unreachable
from tocsin.collectors.guard import Guard
from tocsin.collectors.limits import Deadline, Limits

LINE = 1 << 20
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a mailbox is: `imaps://host[:993]/Folder` (TLS), `imap://host[:143]/Folder` (STARTTLS)."""

    host: str
    port: int
    folder: str
    tls: bool


def parsed(address: str) -> Address:
    """Read the address of a mailbox. Raise Refused."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise Refused("bad-address", "the address cannot be read") from error
    if parts.scheme not in {"imaps", "imap"}:
        raise Refused("refused-scheme", f"{parts.scheme or 'no scheme'}: only imap, imaps")
    if not parts.hostname:
        raise Refused("bad-address", "the address names no host")
    if parts.username or parts.password:
        raise Refused("bad-address", "the address holds a user; give user and secret apart from it")
    tls = parts.scheme == "imaps"
    return Address(parts.hostname, port or (993 if tls else 143), unquote(parts.path.strip("/")) or "INBOX", tls)


class _Reader(io.RawIOBase):
    def __init__(self, client: Client) -> None:
        self._client = client

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._client.sock.settimeout(self._client.deadline.wait())
        try:
            return self._client.sock.recv_into(buffer)
        except TimeoutError as error:
            raise TooMuch("too-slow", f"{self._client.host} sent nothing for too long") from error


class Client(imaplib.IMAP4):
    """The standard library's client over a connection of our making."""

    sock: socket.socket

    def __init__(self, address: Address, guard: Guard, limits: Limits) -> None:
        """Connect; TLS is up before anything is said. Raise NotCollected."""
        self._guard = guard
        self._limits = limits
        self._tls = address.tls
        self.hurry()
        super().__init__(address.host, address.port)
        try:
            if not address.tls:
                self.turn_to_tls()
        except BaseException:
            self.shutdown()
            raise

    def hurry(self, seconds: float | None = None) -> None:
        """Begin the deadline of the next thing."""
        self.deadline = Deadline(seconds or self._limits.seconds, self._limits.silence)

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """Connect by way of the guard."""
        self.host, self.port = host, port
        connection = self._guard.connect(host, port, self.deadline)
        self._use(self._secured(connection) if self._tls else connection)

    def _secured(self, connection: socket.socket) -> ssl.SSLSocket:
        connection.settimeout(self.deadline.wait())
        try:
            return guards.trust().wrap_socket(connection, server_hostname=self.host)
        except ssl.SSLCertVerificationError as error:
            connection.close()
            raise Unreachable("not-trusted", f"{self.host}: {error.verify_message}") from error
        except (OSError, ValueError) as error:
            connection.close()
            raise Unreachable("unreachable", f"{self.host}: {error}") from error

    def _use(self, connection: socket.socket) -> None:
        self.sock = connection
        self._lines = io.BufferedReader(_Reader(self), 1 << 16)

    def turn_to_tls(self) -> None:
        """Turn to TLS, or not at all: what came before it in clear text is forgotten."""
        if "STARTTLS" not in self.capabilities:
            raise Refused("not-trusted", f"{self.host} offers no TLS, and without it no password is sent")
        if self._simple_command("STARTTLS")[0] != "OK":
            raise Refused("not-trusted", f"{self.host} does not turn to TLS")
        self._use(self._secured(self.sock))
        self._tls_established = True
        self._get_capabilities()

    def read(self, size: int) -> bytes:
        """Read a literal of the size the server announced."""
        if size > self._limits.size:
            raise TooMuch("too-large", f"{self.host} announces {size} bytes; {self._limits.size} are allowed")
        return self._lines.read(size) or b""

    def readline(self) -> bytes:
        """Read a line."""
        line = self._lines.readline(LINE + 1)
        if len(line) > LINE:
            raise TooMuch("too-large", f"{self.host} sent a line of more than {LINE} bytes")
        return line

    def send(self, data: Any) -> None:
        """Send within the deadline."""
        self.sock.settimeout(self.deadline.wait())
        self.sock.sendall(data)

    def shutdown(self) -> None:
        """Close the connection."""
        self.sock.close()


class Mailbox(BaseMailBox):
    """A folder of a mailbox, signed in to."""

    def __init__(self, client: Client) -> None:
        """Take over a connected client."""
        self._given = client
        super().__init__()

    def _get_mailbox_client(self) -> Client:
        return self._given

    def enter(self, user: str, secret: str, folder: str) -> int:
        """Sign in and open the folder; return its UIDVALIDITY. Raise Rejected."""
        try:
            plain = f"{user}{secret}".isascii()
            (self.login if plain else self.login_utf8)(user, secret, initial_folder=None)
        except (MailboxLoginError, imaplib.IMAP4.error) as error:
            if isinstance(error, imaplib.IMAP4.abort):
                raise
            raise Rejected("sign-in-failed", f"{self._given.host} does not accept this user and secret") from error
        self._given._get_capabilities()  # noqa: SLF001 - more is offered after signing in
        try:
            self.folder.set(folder)
        except imaplib.IMAP4.readonly as error:
            raise Rejected("not-permitted", f"{folder} may only be read: messages could not be marked") from error
        except MailboxFolderSelectError as error:
            raise Rejected("no-such-place", f"there is no mail folder {folder}") from error
        validity = self._given.response("UIDVALIDITY")[1]
        if not validity or validity[0] is None:
            raise Rejected("bad-answer", f"{self._given.host} gives no UIDVALIDITY")
        return int(validity[0])

    def after(self, last: int) -> list[int]:
        """Return the UIDs above `last`, ascending."""
        # `n:*` names the last message even where it is below n.
        return sorted(uid for uid in map(int, self.uids(f"UID {last + 1}:*")) if uid > last)

    def size(self, uid: int) -> int | None:
        """Return the size of a message in bytes; None when it is gone."""
        for item in self._fetch(uid, "(RFC822.SIZE)"):
            match = _SIZE.search(item[0] if isinstance(item, tuple) else item)
            if match:
                return int(match[1])
        return None

    def message(self, uid: int) -> tuple[bytes, datetime | None] | None:
        """Return a message as its bytes, not marking it, and when the server received it; None when it is gone."""
        for item in self._fetch(uid, "(INTERNALDATE BODY.PEEK[])"):
            if isinstance(item, tuple) and len(item) > 1:
                received = imaplib.Internaldate2tuple(item[0])
                when = None if received is None else datetime(*received[:6]).astimezone(UTC)
                return item[1], when
        return None

    def _fetch(self, uid: int, what: str) -> Sequence[Any]:
        _, found = self._given.uid("FETCH", str(uid), what)
        return [item for item in found or () if item is not None]

    def settle(self, uid: int, move_to: str) -> None:
        """Mark a message as seen, or move it. Nothing else of the folder is touched."""
        client = self._given
        if not move_to:
            self._done(client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)"), "mark the message")
            return
        target: Any = encode_folder(move_to)
        if "MOVE" in client.capabilities:
            self._done(client.uid("MOVE", str(uid), target), f"move the message to {move_to}")
            return
        self._done(client.uid("COPY", str(uid), target), f"copy the message to {move_to}")
        self._done(client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted \Seen)"), "mark the message")
        if "UIDPLUS" in client.capabilities:
            self._done(client.uid("EXPUNGE", str(uid)), "remove the moved message")

    @staticmethod
    def _done(answer: tuple[str, Any], what: str) -> None:
        if answer[0] != "OK":
            said = answer[1][0] if answer[1] else b""
            raise Rejected("not-permitted", f"could not {what}: {(said or b'').decode(errors='replace')[:200]}")


FAILURES = (imaplib.IMAP4.error, ImapToolsError, OSError, ValueError)
"""What the libraries raise when the other side breaks off (`abort`, OSError) or says what is no IMAP."""


def failure(host: str, error: Exception) -> NotCollected:
    """Name what one of FAILURES means."""
    if isinstance(error, imaplib.IMAP4.abort | OSError):
        return Unreachable("cut-short", f"{host}: {error}"[:500])
    return Rejected("bad-answer", f"{host}: {error}"[:500])
