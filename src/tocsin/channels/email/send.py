"""Hand messages to an SMTP server, or keep them in the built-in outbox when there is none."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from tocsin.channels.handover import NotHandedOver

TIMEOUT = 30
__all__ = ["NotHandedOver", "Outbox", "Server", "opened"]


@dataclass(slots=True)
class Server:
    """An SMTP server for several messages: `with Server(url) as server: server.send(message, recipient)`.

    `smtp://[user:password@]host[:port]` (STARTTLS where offered), `smtps://…` (TLS from the start).
    """

    url: str
    _connection: smtplib.SMTP | None = None

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

    def send(self, message: EmailMessage, recipient: str) -> str:
        """Hand over one message; return what the server said. Raise NotHandedOver."""
        try:
            connection = self._connected()
            refused = connection.send_message(message, to_addrs=[recipient])
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise NotHandedOver(f"{code} {text.decode(errors='replace')}", permanent=code >= 500) from error
        except smtplib.SMTPResponseException as error:
            self._drop()
            said = (
                error.smtp_error.decode(errors="replace")
                if isinstance(error.smtp_error, bytes)
                else str(error.smtp_error)
            )
            raise NotHandedOver(f"{error.smtp_code} {said}", permanent=500 <= error.smtp_code < 600) from error
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise NotHandedOver(str(error) or type(error).__name__, permanent=False) from error
        return f"accepted{'' if not refused else ', partly'}"

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            parts = urlsplit(self.url)
            host, context = parts.hostname or "localhost", ssl.create_default_context()
            if parts.scheme == "smtps":
                self._connection = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT, context=context)
            else:
                self._connection = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT)
                self._connection.ehlo()
                if self._connection.has_extn("starttls"):
                    self._connection.starttls(context=context)
            if parts.username:
                self._connection.login(unquote(parts.username), unquote(parts.password or ""))
        return self._connection


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

    def send(self, message: EmailMessage, recipient: str) -> str:
        """Keep one message, under its Message-ID."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").split("@")[0]
        (self.folder / f"{name}.eml").write_bytes(message.as_bytes())
        return "kept in the built-in outbox"


def opened(url: str, outbox: Path) -> Server | Outbox:
    """Return where messages go: the server of `url`, or the outbox when it is empty."""
    return Server(url) if url else Outbox(outbox)
