"""One document from a web address: through the guard, within its limits, redirects by hand.

Every connection is made by `guard`, also those a redirect leads to; TLS still checks the name. The
deadline covers all of it, from the first look-up to the last byte, so that a server that drips cannot
hold a visit. The body stays as it came: `Content-Encoding: gzip` is unpacked later, within the budget
for archives, and never here.
"""

from __future__ import annotations

import base64
import email.message
import email.utils
import re
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpcore2
import httpx2

from tocsin.collectors import guard as guards
from tocsin.collectors.failures import NotCollected, Refused, Rejected, TooMuch, Unreachable
from tocsin.collectors.guard import Guard
from tocsin.collectors.limits import Counted, Deadline, Limits

SCHEMES = ("http", "https")
REDIRECTS = 5
AGENT = "Tocsin (report collector)"
BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. `name` is the file's, as the server or the address gives it."""

    status: int
    headers: dict[str, str]
    name: str
    content: Counted

    @property
    def changed_at(self) -> datetime | None:
        """When the server says the document last changed."""
        try:
            return email.utils.parsedate_to_datetime(self.headers["last-modified"]).astimezone(UTC)
        except (KeyError, ValueError, OverflowError):
            return None


@contextmanager
def fetch(
    address: str,
    *,
    guard: Guard,
    limits: Limits,
    headers: Mapping[str, str] | None = None,
    user: str = "",
    secret: str = "",
    schemes: Iterable[str] = SCHEMES,
    redirects: int = REDIRECTS,
) -> Iterator[Answer]:
    """Get a document; its body is read from the answer's `content`. Raise NotCollected.

    `{secret}` in the address is replaced. Else the secret is sent as the password of `user`, as a bearer
    token without one, or, where `user` ends in a colon, as that header: only to the origin it is meant for.
    """
    deadline = Deadline(limits.seconds, limits.silence)
    url = parsed(address.replace("{secret}", quote(secret, safe="")), schemes)
    credentials = {} if "{secret}" in address else _credentials(user, secret)
    origin = _origin(url)
    context = guards.trust()
    for _ in range(redirects + 1):
        asked = {
            "Host": _host(url),
            "User-Agent": AGENT,
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            **(headers or {}),
        }
        if _origin(url) == origin:
            asked |= credentials
        with httpcore2.ConnectionPool(context, max_connections=1, network_backend=_Backend(guard, deadline)) as pool:
            try:
                response = pool.handle_request(
                    httpcore2.Request(
                        "GET", _core(url), headers=[(k.encode(), v.encode("latin-1")) for k, v in asked.items()]
                    )
                )
            except Exception as error:
                raise _named(error, url) from error
            try:
                answered = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers}
                if response.status not in {301, 302, 303, 307, 308}:
                    _check(response.status, answered)
                    content = Counted(_blocks(response, url), limits.size)
                    yield Answer(response.status, answered, _name(answered, address, url), content)
                    return
            finally:
                response.close()
        url = _redirected(url, answered.get("location", ""), schemes)
    raise Refused("refused-redirect", f"{url.host} redirects more than {redirects} times")


def parsed(address: str, schemes: Iterable[str]) -> httpx2.URL:
    """Read a web address. Raise Refused."""
    try:
        url = httpx2.URL(address)
    except (httpx2.InvalidURL, ValueError) as error:
        raise Refused("bad-address", "the address cannot be read") from error
    if url.scheme not in schemes:
        raise Refused("refused-scheme", f"{url.scheme or 'no scheme'}: only {', '.join(sorted(schemes))}")
    if not url.host:
        raise Refused("bad-address", "the address names no host")
    if url.userinfo:
        raise Refused("bad-address", "the address holds a password; give user and secret apart from it")
    return url


def _origin(url: httpx2.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def _host(url: httpx2.URL) -> str:
    return url.netloc.decode("ascii")


def _core(url: httpx2.URL) -> httpcore2.URL:
    return httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _credentials(user: str, secret: str) -> dict[str, str]:
    if not secret:
        return {}
    if user and not user.endswith(":"):
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}
    # Checked here, because the library's own complaint would show the secret.
    if not (secret.isascii() and secret.isprintable() and re.fullmatch(r"[A-Za-z0-9-]*:?", user)):
        raise Refused("bad-address", "the secret cannot be sent in a header, or the header's name is none")
    if user:
        return {user[:-1]: secret}
    return {"Authorization": f"Bearer {secret}"}


def _redirected(url: httpx2.URL, location: str, schemes: Iterable[str]) -> httpx2.URL:
    if not location:
        raise Rejected("bad-answer", f"{url.host} redirects without saying where to")
    try:
        target = parsed(str(url.join(location)), schemes)
    except (httpx2.InvalidURL, ValueError) as error:
        raise Rejected("bad-answer", f"{url.host} redirects to what is no address") from error
    if url.scheme == "https" and target.scheme == "http":
        raise Refused("refused-redirect", f"{url.host} redirects from https to http")
    return target


def _check(status: int, headers: Mapping[str, str]) -> None:
    if status not in {200, 204, 304}:
        phrase = next((s.phrase for s in HTTPStatus if s == status), "")
        if status in {401, 403}:
            raise Rejected("sign-in-failed", f"the server answered {status} {phrase}")
        raise Rejected("bad-status", f"the server answered {status} {phrase}".rstrip())
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise Rejected("bad-encoding", f"the server sent Content-Encoding {coding[:40]}, which was not asked for")


def _name(headers: Mapping[str, str], address: str, url: httpx2.URL) -> str:
    """Return the file's name. Of the address only what the operator wrote: what it was replaced with is a secret."""
    message = email.message.Message()
    message["Content-Disposition"] = headers.get("content-disposition", "").replace("\r", " ").replace("\n", " ")
    given = message.get_filename() or address.partition("?")[0].rsplit("/", 1)[-1]
    return str(given).replace("\\", "/").rsplit("/", 1)[-1].strip() or url.host


def _blocks(response: httpcore2.Response, url: httpx2.URL) -> Iterator[bytes]:
    try:
        yield from response.iter_stream()
    except Exception as error:
        raise _named(error, url) from error


def _named(error: Exception, url: httpx2.URL) -> Exception:
    """Return the failure that an error of the library means; what is no failure of the network stays as it is."""
    cause = error.args[0] if error.args and isinstance(error.args[0], BaseException) else error
    if isinstance(error, NotCollected):
        return error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Unreachable("not-trusted", f"{url.host}: {cause.verify_message}")
    if isinstance(error, httpcore2.TimeoutException):
        return TooMuch("too-slow", f"{url.host} sent nothing for too long")
    if isinstance(error, httpcore2.ConnectError):
        return Unreachable("unreachable", f"{url.host}: {cause}")
    if isinstance(error, httpcore2.NetworkError | OSError):
        return Unreachable("cut-short", f"{url.host}: {cause}")
    if isinstance(error, httpcore2.ProtocolError):
        short = "complete" in str(cause) or "disconnected" in str(cause)
        return Unreachable("cut-short" if short else "bad-answer", f"{url.host}: {cause}")
    return error


class _Connection(httpcore2.NetworkStream):
    """A connection whose every operation ends by the deadline, whatever the library would allow it."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._socket = connection
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._socket.settimeout(self._deadline.wait())
        try:
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore2.ReadTimeout(error) from error
        except OSError as error:
            raise httpcore2.ReadError(error) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._socket.settimeout(self._deadline.wait())
        try:
            self._socket.sendall(buffer)
        except TimeoutError as error:
            raise httpcore2.WriteTimeout(error) from error
        except OSError as error:
            raise httpcore2.WriteError(error) from error

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        self._socket.settimeout(self._deadline.wait())
        try:
            return _Connection(ssl_context.wrap_socket(self._socket, server_hostname=server_hostname), self._deadline)
        except TimeoutError as error:
            self.close()
            raise httpcore2.ConnectTimeout(error) from error
        except (OSError, ValueError) as error:
            self.close()
            raise httpcore2.ConnectError(error) from error

    def get_extra_info(self, info: str) -> Any:
        return None


class _Backend(httpcore2.NetworkBackend):
    """Connects where the guard allows."""

    def __init__(self, guard: Guard, deadline: Deadline) -> None:
        self._guard = guard
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        return _Connection(self._guard.connect(host.strip("[]"), port, self._deadline), self._deadline)
