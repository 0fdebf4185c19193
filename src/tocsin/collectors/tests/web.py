"""A web server on loopback that answers byte for byte what a test says, however wrong that is."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Handler = Callable[[socket.socket, str], None]


@dataclass(slots=True)
class Web:
    """A running server. `routes`: path -> what is done with the connection; `asked`: the requests that came."""

    port: int
    scheme: str = "http"
    routes: dict[str, Handler] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def url(self, path: str, host: str = "localhost") -> str:
        """Return the address of a path."""
        return f"{self.scheme}://{host}:{self.port}{path}"

    def says(self, path: str, answer: bytes) -> None:
        """Answer this path with these bytes, and close."""
        self.routes[path] = lambda connection, _: connection.sendall(answer)

    def gives(self, path: str, body: bytes, **headers: str) -> None:
        """Answer this path with a document, the way a good server does."""
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self.says(path, f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body)

    def headers(self, number: int = -1) -> dict[str, str]:
        """Return the headers of a request that came."""
        lines = self.asked[number].split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    """Run a server until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        web = Web(listener.getsockname()[1], "https" if tls else "http")
        threads: list[threading.Thread] = []
        open_: list[socket.socket] = []

        def answer(connection: socket.socket) -> None:
            with suppress(OSError):
                if tls:
                    connection = tls.wrap_socket(connection, server_side=True)
                with connection:
                    open_.append(connection)
                    connection.settimeout(10)
                    request = b""
                    while b"\r\n\r\n" not in request:
                        part = connection.recv(65536)
                        if not part:
                            return
                        request += part
                    text = request.decode("latin-1")
                    web.asked.append(text)
                    path = text.split(" ")[1].partition("?")[0]
                    web.routes.get(path, _missing)(connection, text)

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                thread = threading.Thread(target=answer, args=(connection,), daemon=True)
                threads.append(thread)
                thread.start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield web
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            for connection in open_:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            accepting.join(5)
            for thread in threads:
                thread.join(5)


def _missing(connection: socket.socket, _: str) -> None:
    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
