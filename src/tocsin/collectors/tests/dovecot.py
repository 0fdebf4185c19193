"""A real IMAP server of one's own: Dovecot, started on loopback without rights, thrown away afterwards."""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imap_tools.utils import encode_folder

from tocsin.collectors.tests.authority import Authority

PASSWORD = "a-real-password"
CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {me}
default_internal_group = {group}
default_login_user = {me}
disable_plaintext_auth = yes
auth_failure_delay = 0
ssl = yes
ssl_cert = <{folder}/chain.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = password=a-real-password
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
namespace inbox {{
  inbox = yes
}}
service anvil {{
  chroot =
  # Else a wrong password makes this machine wait before the next right one.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {clear}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running server: its ports on `localhost`. Every user has a mailbox; this one is for the test."""

    clear: int
    tls: int
    folder: Path
    user: str = ""

    def put(self, content: bytes, *, into: str = "INBOX") -> None:
        """Deliver a mail into a folder."""
        with self._open() as client:
            if into != "INBOX":
                client.create(encode_folder(into))
            answer, said = client.append(encode_folder(into), "", "", content)
            assert answer == "OK", said

    def flags(self, folder: str = "INBOX") -> list[str]:
        """Return the flags of each message of a folder, as an independent client sees them."""
        with self._open() as client:
            _, (number,) = client.select(encode_folder(folder), readonly=True)
            if number == b"0":
                return []
            _, found = client.fetch("1:*", "(FLAGS)")
            return [item.decode() for item in found if item]

    @contextmanager
    def _open(self) -> Iterator[imaplib.IMAP4_SSL]:
        context = ssl.create_default_context(cafile=str(self.folder / "authority.pem"))
        with imaplib.IMAP4_SSL("localhost", self.tls, ssl_context=context, timeout=10) as client:
            client.login(self.user, PASSWORD)
            yield client


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(binary: str, authority: Authority) -> Iterator[Dovecot]:
    """Run a server whose certificate `authority` signed."""
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    # Not below pytest's folder: that one is closed to other accounts, and Dovecot does not want to be root.
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    clear, tls = _free(), _free()
    authority.write(folder)
    words = {
        "folder": folder, "me": account.pw_name, "group": grp.getgrgid(account.pw_gid).gr_name,
        "uid": account.pw_uid, "gid": account.pw_gid, "clear": clear, "tls": tls,
    }  # fmt: skip
    (folder / "dovecot.conf").write_text(CONFIGURATION.format(**words))

    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            os.chown(path, account.pw_uid, account.pw_gid)
    rights = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    process = subprocess.Popen(
        [binary, "-F", "-c", str(folder / "dovecot.conf")],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **rights,
    )  # fmt: skip
    try:
        _wait(process, folder, tls)
        yield Dovecot(clear, tls, folder)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        if process.stderr:
            process.stderr.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], folder: Path, port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                said = process.stderr.read().decode() if process.stderr else ""
                log = folder / "log"
                raise RuntimeError(f"Dovecot did not start: {said} {log.read_text() if log.exists() else ''}") from None
            time.sleep(0.05)
