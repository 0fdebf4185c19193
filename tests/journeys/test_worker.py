"""The worker and its launcher: what comes in goes out by itself, also after every kind of bad day."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from tocsin.collectors.tests import web

pytestmark = pytest.mark.database
DEMO = Path(__file__).resolve().parents[2] / "src" / "tocsin" / "project" / "demo"
PROVINCE = str(DEMO / "province.yaml")
REPORTS = sorted((DEMO / "reports").glob("*.csv"))


@pytest.fixture
def installation(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An installation with a constituency that may look into one folder and at this machine."""
    (tmp_path / "inbox").mkdir()
    environment |= {
        "TOCSIN_ALLOWED_FOLDERS": str(tmp_path / "inbox"), "TOCSIN_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128", "TOCSIN_DISK_RESERVE": "0",
    }  # fmt: skip
    _tocsin(environment, "constituency", "import", PROVINCE)
    return environment


def _tocsin(environment: dict[str, str], *arguments: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "tocsin.project.cli", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


@contextmanager
def _running(environment: dict[str, str], log: Path, *module: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process of the product, and see that it ends when it is told to."""
    with log.open("ab") as out:
        command = [sys.executable, "-m", *(module or ("tocsin.project.worker",))]
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        try:
            yield process
            if process.poll() is None:
                _until(lambda: process.poll() is not None or _listens(process.pid), "it listens to signals")
                process.send_signal(signal.SIGTERM)
                assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait()


def _listens(pid: int) -> bool:
    """Say whether a process handles SIGTERM itself: until it has begun, the system ends it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True  # no Linux, or gone
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def _until(true: Callable[[], object], what: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"never: {what}"
        time.sleep(0.1)


def _file(folder: Path, name: str, content: bytes) -> None:
    """Put a file that looks as if it had been complete for long."""
    (folder / name).write_bytes(content)


@contextmanager
def _mail_server() -> Iterator[tuple[str, list[EmailMessage]]]:
    received: list[EmailMessage] = []

    class Keep(Message):
        def handle_message(self, message: EmailMessage) -> None:  # type: ignore[override]
            received.append(message)

    controller = Controller(Keep(), hostname="127.0.0.1", port=_free())
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{controller.port}", received
    finally:
        controller.stop()


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_what_comes_by_folder_web_and_hand_becomes_warnings_by_itself(
    installation: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with web.serving() as http, _mail_server() as (url, mails):
        installation["TOCSIN_EMAIL_URL"] = url
        http.gives("/2026-11-21-scan_rdp-mau.csv", REPORTS[1].read_bytes(), ETag='"1"')
        folder = tmp_path / "inbox"
        _tocsin(installation, "feeds", "add", "tep", "--way", "folder", "--address", str(folder), "--every", "5s")
        address = http.url("/2026-11-21-scan_rdp-mau.csv")
        _tocsin(installation, "feeds", "add", "web", "--way", "http", "--address", address)
        with _running(installation, log):
            _until(lambda: _processed(installation) == 1 and mails, "a warning of what came by the web")
            (folder / ".part").write_bytes(REPORTS[2].read_bytes())
            (folder / ".part").rename(folder / REPORTS[2].name)
            _until(lambda: _processed(installation) == 2, "what came by the folder, processed")
            _until(lambda: not _query(installation, WAITING) and len(mails) >= 2, "every warning handed over")
        feeds = {feed["code"]: feed for feed in json.loads(_tocsin(installation, "feeds", "list", "--json"))}
    assert [feeds[code]["failures"] for code in ("tep", "web")] == [0, 0]
    assert all(feed["last_arrival_at"] for feed in feeds.values())
    assert log.read_text() == ""


def test_killed_at_random_moments_nothing_is_lost_and_nothing_comes_twice(
    installation: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "inbox"
    heading, *rows = REPORTS[0].read_text().splitlines()
    for number in range(30):  # many small files: many moments at which to die
        row = rows[number % len(rows)].replace("2026-11-20", f"2026-10-{number + 1:02d}")
        _file(folder, f"2026-11-20-scan_rdp-{number:02d}.csv", f"{heading}\n{row}\n".encode())
    for path in REPORTS[1:]:
        _file(folder, path.name, path.read_bytes())
    files = sorted(map(str, folder.iterdir()))
    quiet = _tocsin(installation, "process", *files, "--constituency", PROVINCE, "--out", str(tmp_path / "q"), "--json")
    _tocsin(installation, "feeds", "add", "tep", "--way", "folder", "--address", str(folder), "--every", "5s")
    dice = random.Random(11)
    for _ in range(6):
        with _running(installation, tmp_path / "log") as worker:
            time.sleep(dice.uniform(0.8, 2.5))
            worker.kill()
            worker.wait()

    def done() -> bool:
        found = json.loads(_tocsin(installation, "feeds", "show", "tep", "--json"))
        return found["checked_at"] is not None and found["failures"] == 0 and not _waiting(installation)

    with _running(installation, tmp_path / "log"):
        _until(done, "everything collected and processed")
    summary = json.loads(quiet)
    findings = json.loads(_tocsin(installation, "findings", "list", "--json"))
    assert sum(finding["count"] for finding in findings) == summary["events"]
    assert len(findings) == summary["findings"]
    assert _rows(installation) == summary["rows"]
    assert "Traceback" not in (tmp_path / "log").read_text()


def _query(environment: dict[str, str], sql: str) -> list[tuple[object, ...]]:
    """Ask the database itself."""
    if environment["DATABASE_URL"]:
        import psycopg

        with psycopg.connect(environment["DATABASE_URL"]) as connection:
            return connection.execute(sql).fetchall()
    database = sqlite3.connect(f"{environment['TOCSIN_HOME']}/tocsin.sqlite3")
    try:
        return database.execute(sql).fetchall()
    finally:
        database.close()


def _waiting(environment: dict[str, str]) -> bool:
    return _query(environment, "SELECT count(*) FROM intake_arrival WHERE batch_id IS NULL") != [(0,)]


WAITING = "SELECT 1 FROM notices_delivery WHERE state <> 'handed-over'"


def _processed(environment: dict[str, str]) -> int:
    return int(_query(environment, "SELECT count(*) FROM intake_arrival WHERE batch_id IS NOT NULL")[0][0])  # type: ignore[call-overload]


def _rows(environment: dict[str, str]) -> int:
    return int(_query(environment, "SELECT sum(rows) FROM intake_batch")[0][0])  # type: ignore[call-overload]


def test_a_full_disk_is_named_and_made_good(installation: dict[str, str], tmp_path: Path) -> None:
    large = b"# list\n" + b"".join(b"198.51.100.%d # %d\n" % (n % 250, n) for n in range(200_000))
    with web.serving() as http:
        http.gives("/list.txt", large)
        _tocsin(installation, "feeds", "add", "list", "--way", "http", "--address", http.url("/list.txt"))
        command = [sys.executable, "-m", "tocsin.project.cli", "feeds", "run"]
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
        tight = subprocess.run(command, env=installation, capture_output=True, text=True, preexec_fn=limit, check=False)
        assert tight.returncode == 1
        assert "tocsin: list: disk-full" in tight.stderr
        assert "Traceback" not in tight.stderr
        assert [p for p in (tmp_path / "home" / "raw").rglob("*") if p.is_file()] == []
        assert json.loads(_tocsin(installation, "feeds", "show", "list", "--json"))["reason"] == "disk-full"
        done = json.loads(_tocsin(installation, "feeds", "run", "--json"))
    assert (done["feeds"][0]["state"], done["rows"]) == ("done", 200_000)


def test_the_worker_says_once_that_the_database_is_gone_and_goes_on_when_it_is_back(
    installation: dict[str, str], tmp_path: Path
) -> None:
    if not installation["DATABASE_URL"]:
        pytest.skip("SQLite does not go away; the run on PostgreSQL does this")
    import psycopg

    log, name = tmp_path / "log", installation["DATABASE_URL"].rsplit("/", 1)[1]
    server = os.environ["DATABASE_URL"]
    with _running(installation, log), psycopg.connect(server, autocommit=True) as admin:
        _until(lambda: _query(installation, "SELECT count(*) FROM intake_heartbeat") == [(1,)], "a sign of life")
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        _until(lambda: "the database: " in log.read_text(), "that the database is gone")
        time.sleep(2)
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        _until(lambda: "the database: well again" in log.read_text(), "that it is back")
    said = log.read_text()
    assert "Traceback" not in said
    assert said.count("well again") == 1
    assert len(said.splitlines()) <= 4  # gone (in the words of its end, then of its absence), back


def test_a_mail_server_that_is_down_is_said_once(installation: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "log"
    installation["TOCSIN_EMAIL_URL"] = f"smtp://127.0.0.1:{_free()}"
    _tocsin(installation, "intake", "add", str(REPORTS[0]))
    with _running(installation, log):
        _until(lambda: "does not go out" in log.read_text(), "that mail does not go out")
        time.sleep(2)
    assert [line.partition(":")[0] for line in log.read_text().splitlines()] == ["email does not go out"]


# The launcher.


@contextmanager
def _up(environment: dict[str, str], log: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    with _running(environment, log, "tocsin.project.cli", "up", "--port", str(port)) as process:
        _until(lambda: f"Tocsin: http://127.0.0.1:{port}/" in log.read_text(), "that it is ready")
        yield process


def _children(process: int) -> dict[str, int]:
    """Return the children of a process by the module they run."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                command = (folder / "cmdline").read_text().split("\0")
            except OSError:
                continue
            if parent == process and len(command) > 2:  # a process that just ended has no command
                found[command[2].rpartition(".")[2]] = int(folder.name)
    return found


def test_up_makes_the_data_serves_the_page_and_ends_without_a_word(environment: dict[str, str], tmp_path: Path) -> None:
    port, log = _free(), tmp_path / "log"
    with _up(environment, log, port) as launcher:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/", timeout=30) as page:
            assert page.status == 200
        assert sorted(_children(launcher.pid)) == ["web", "worker"]
        other = _tocsin(environment, "up", "--port", str(port), code=1)
        assert other == f"tocsin: port {port} is in use on this machine; choose another with --port\n"
    assert log.read_text().splitlines() == [f"Tocsin: http://127.0.0.1:{port}/   (Ctrl-C stops it)"]


def test_a_child_that_dies_is_started_again(environment: dict[str, str], tmp_path: Path) -> None:
    port, log = _free(), tmp_path / "log"
    with _up(environment, log, port) as launcher:
        before = _children(launcher.pid)
        for name in ("web", "worker"):
            os.kill(before[name], signal.SIGKILL)
        _until(lambda: set(_children(launcher.pid)) == {"web", "worker"}, "both are back")
        assert not set(before.values()) & set(_children(launcher.pid).values())
        _until(lambda: _answers(port), "the page answers again")
    assert log.read_text().count("process ended (signal 9); started again in 1 s") == 2


def test_when_the_launcher_is_killed_its_children_end(environment: dict[str, str], tmp_path: Path) -> None:
    port, log = _free(), tmp_path / "log"
    with _up(environment, log, port) as launcher:
        children = _children(launcher.pid)
        launcher.kill()
        launcher.wait()
        _until(lambda: not any(map(_lives, children.values())), "no child is left")


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=2) as page:
            return page.status == 200
    except OSError:
        return False


def test_a_database_that_does_not_answer_is_one_clear_line(environment: dict[str, str]) -> None:
    environment["DATABASE_URL"] = f"postgres://nobody:x@127.0.0.1:{_free()}/none"
    for command in (["up", "--port", str(_free())], ["doctor"]):
        said = _tocsin(environment, *command, code=1)
        assert said.startswith("tocsin: the database does not answer: ")
        assert said.count("\n") == 1
