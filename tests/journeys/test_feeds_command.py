"""`tocsin feeds` as an operator uses it, and wrongly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tocsin.collectors.tests import web
from tocsin.project import cli

DEMO = Path(__file__).resolve().parents[2] / "src" / "tocsin" / "project" / "demo"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path


def _tocsin(home: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ, "TOCSIN_HOME": str(home), "DATABASE_URL": "", "TOCSIN_EMAIL_URL": "", "TOCSIN_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
        "TOCSIN_DISK_RESERVE": "0",
    }  # fmt: skip
    command = [sys.executable, "-m", "tocsin.project.cli", *arguments]
    return subprocess.run(command, env=environment, input=given, capture_output=True, text=True, check=False)


def test_a_feed_is_added_run_shown_changed_and_removed(home: Path) -> None:
    with web.serving() as http:
        http.gives("/list.txt", b"198.51.100.7\n198.51.100.8\nnonsense of a line\n")
        added = _tocsin(
            home, "feeds", "add", "list", "--way", "http", "--address", http.url("/list.txt"), "--user", "Auth-Key:",
            "--secret-file", "-", "--tlp", "amber", "--accuracy", "80", "--type", "scanner", "--window", "1d",
            "--format", "plainlist", "--json", given="k3y\n",
        )  # fmt: skip
        assert added.returncode == 0, added.stderr
        feed = json.loads(added.stdout)
        assert (feed["tlp"], feed["window"], feed["has_secret"], feed["interval"]) == ("TLP:AMBER", 86400, True, 3600)
        assert "k3y" not in added.stdout
        done = _tocsin(home, "feeds", "run", "--json")
        assert done.returncode == 0, done.stderr
        assert http.headers()["auth-key"] == "k3y"
    ran = json.loads(done.stdout)
    assert (ran["rows"], ran["events"], ran["rejects"]) == (3, 2, 1)
    assert ran["feeds"] == [
        {"code": "list", "state": "done", "reason": None, "detail": None, "arrivals": 1, "new": 1, "bytes": 45}
    ]
    again = _tocsin(home, "feeds", "run", "list")
    assert again.returncode == 1
    assert again.stderr.startswith("tocsin: list: unreachable: localhost")
    changed = _tocsin(home, "feeds", "change", "list", "--tlp", "", "--silent-after", "2d", "--json")
    assert (json.loads(changed.stdout)["tlp"], json.loads(changed.stdout)["silent_after"]) == ("", 172800)
    assert json.loads(changed.stdout)["has_secret"]
    assert _tocsin(home, "feeds", "disable", "list").returncode == 0
    shown = _tocsin(home, "feeds", "list")
    assert shown.stdout.startswith("list  http  off  ")
    assert "k3y" not in shown.stdout + _tocsin(home, "feeds", "show", "list").stdout
    assert _tocsin(home, "feeds", "remove", "list").returncode == 0
    assert json.loads(_tocsin(home, "feeds", "list", "--json").stdout) == []


def test_a_report_is_added_as_its_feed_reads_it(home: Path) -> None:
    mapping = home / "mapping.yaml"
    mapping.write_text("columns: {who: source_ip, when: time_source}\nconstants: {classification_type: scanner}\n")
    made = _tocsin(home, "feeds", "add", "own", "--way", "push", "--mapping", str(mapping), "--accuracy", "50")
    assert made.returncode == 0, made.stderr
    report = home / "report.csv"
    report.write_text("who,when\n198.51.100.7,2026-11-20T00:00:00Z\n")
    added = _tocsin(home, "intake", "add", str(report), "--feed", "own", "--json")
    assert added.returncode == 0, added.stderr
    (file,) = json.loads(added.stdout)["files"]
    assert (file["format"], file["events"], file["newest"]) == ("mapped", 1, "2026-11-20T00:00:00+00:00")
    assert json.loads(_tocsin(home, "feeds", "show", "own", "--json").stdout)["newest_event_at"].startswith(
        "2026-11-20"
    )
    unknown = _tocsin(home, "intake", "add", str(report), "--feed", "none")
    assert (unknown.returncode, unknown.stderr) == (
        2,
        "tocsin: there is no feed none; `tocsin feeds list` shows those there are\n",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["add", "x", "--way", "http", "--address", "ftp://x.example/"], 2, "--address: The address begins with"),
        (
            ["add", "x", "--way", "http", "--address", "http://u:p@x.example/"],
            2,
            "--address: The address cannot be read",
        ),
        (["add", "x", "--way", "folder", "--address", "/etc"], 2, "--address: The folder is none of those"),
        (["add", "X Y", "--way", "push"], 2, "CODE: Use lower-case"),
        (["add", "x", "--way", "push", "--every", "1s"], 2, "--every: Between"),
        (["add", "x", "--way", "push", "--window", "soon"], 2, "--window: 'soon' is no duration"),
        (["add", "x", "--way", "push", "--format", "nonsense"], 2, "--format: There is no such format"),
        (["add", "x", "--way", "push", "--tlp", "purple"], 2, "--tlp: TLP 2.0 has no such label"),
        (["show", "x"], 1, "there is no feed x"),
        (["run", "x"], 1, "there is no feed x"),
        (["remove", "x"], 1, "there is no feed x"),
        (["enable", "x"], 1, "there is no feed x"),
    ],
)
@pytest.mark.django_db
def test_what_cannot_be_done_is_said(arguments: list[str], code: int, says: str) -> None:
    done = CliRunner().invoke(cli.main, ["feeds", *arguments])
    assert done.exit_code == code
    assert says in done.stderr
    assert done.stdout == ""
    assert isinstance(done.exception, SystemExit)


def test_a_setting_that_cannot_be_read_is_one_clear_line(home: Path) -> None:
    for name, value in (("TOCSIN_ALLOWED_NETWORKS", "10.0.0.1/8"), ("TOCSIN_DISK_RESERVE", "much")):
        environment = {**os.environ, "TOCSIN_HOME": str(home), name: value}
        command = [sys.executable, "-m", "tocsin.project.cli", "feeds", "list"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith("tocsin: in the environment: ")
        assert value in done.stderr
        assert done.stderr.count("\n") == 1
