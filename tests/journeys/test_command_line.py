"""The command line as a newcomer uses it, and wrongly: exit codes, streams, one JSON document."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from django.apps import apps

from tocsin.base.tenancy import SYSTEM
from tocsin.constituency import queries as constituents
from tocsin.project import backup

DEMO = Path(__file__).resolve().parents[2] / "src" / "tocsin" / "project" / "demo"
REPORT = str(DEMO / "reports" / "2026-11-20-scan_rdp-mau.csv")
PROVINCE = str(DEMO / "province.yaml")


def _tocsin(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TOCSIN_HOME": str(home), "DATABASE_URL": "", "TOCSIN_EMAIL_URL": ""}
    command = [sys.executable, "-m", "tocsin.project.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_process_writes_what_it_promises(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = _tocsin(tmp_path, "process", REPORT, REPORT, "--constituency", PROVINCE, "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary == json.loads((out / "summary.json").read_text())
    assert [file["repeated"] for file in summary["files"]] == [False, True]
    assert summary["rows"] == summary["events"] + summary["duplicates"] + summary["rejects"] == 14
    assert (out / "findings.parquet").exists()
    assert list((out / "events").glob("*.parquet"))
    assert not (tmp_path / "tocsin.sqlite3").exists()


def test_a_file_that_is_no_report_is_named_and_the_rest_is_done(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<html><title>no report</title></html>")
    done = _tocsin(
        tmp_path, "process", str(page), REPORT, "--constituency", PROVINCE, "--out", str(tmp_path / "out"), "--json"
    )
    assert done.returncode == 1
    assert "page.html" in done.stderr
    summary = json.loads(done.stdout)
    assert (summary["events"], summary["rejects"]) == (14, 1)
    reject = json.loads((tmp_path / "out" / "rejects.ndjson").read_text())
    assert (reject["reason"], reject["row"]) == ("unknown-format", 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["process", REPORT, "--constituency", PROVINCE],
        ["process", REPORT, "--constituency", PROVINCE, "--out", "{out}", "--window", "soon"],
        ["process", REPORT, "--constituency", PROVINCE, "--out", "{out}", "--format", "nonsense"],
        ["process", REPORT, "--constituency", REPORT, "--out", "{out}"],
        ["notices", "run", "--now", "tomorrow"],
        ["notices", "approve"],
        ["user", "add", "a@b.example", "--role", "contact"],
        ["nonsense"],
    ],
)
def test_misuse_is_exit_2_with_a_message(tmp_path: Path, arguments: list[str]) -> None:
    done = _tocsin(tmp_path, *[argument.replace("{out}", str(tmp_path / "out")) for argument in arguments])
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_constituency_names_the_place_and_imports_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("version: 1\norganizations: [{id: a, networks: [203.0.113.1/24]}, {id: b}]")
    done = _tocsin(tmp_path, "constituency", "import", str(path))
    assert done.returncode == 1
    assert "c.yaml:2 organizations[0].networks[0].cidr: 203.0.113.1/24" in done.stderr
    assert json.loads(_tocsin(tmp_path, "notices", "list", "--json").stdout) == []


def test_the_constituency_is_imported_checked_and_given_back(tmp_path: Path) -> None:
    first = json.loads(_tocsin(tmp_path, "constituency", "import", PROVINCE, "--json").stdout)
    assert {change["what"] for change in first["changes"]} == {"new"}
    checked = _tocsin(tmp_path, "constituency", "check", "--json")
    codes = {remark["code"] for remark in json.loads(checked.stdout)}
    assert {"held-twice", "no-contact", "no-security-contact", "outside-parent", "gap", "empty", "nested"} <= codes
    assert (checked.returncode, _tocsin(tmp_path, "constituency", "check", "--strict").returncode) == (0, 1)
    for kind in ("yaml", "json", "csv", "xlsx"):
        files = [tmp_path / f"{n}.{kind}" for n in (1, 2)]
        assert _tocsin(tmp_path, "constituency", "export", str(files[0])).returncode == 0
        again = json.loads(_tocsin(tmp_path, "constituency", "import", str(files[0]), "--complete", "--json").stdout)
        assert ({change["what"] for change in again["changes"]}, again["ignored"]) == ({"same"}, [])
        _tocsin(tmp_path, "constituency", "export", str(files[1]))
        assert files[0].read_bytes() == files[1].read_bytes()
    assert _tocsin(tmp_path, "constituency", "export", str(tmp_path / "c.pdf")).returncode == 2
    alike = [{"id": f"xa-{n}", "name": {"vi": f"Xã {n}"}, "networks": [f"192.0.2.{n}/32"]} for n in range(30)]
    (tmp_path / "alike.json").write_text(json.dumps({"version": 1, "organizations": alike}))
    said = _tocsin(tmp_path, "constituency", "import", str(tmp_path / "alike.json"), "--dry-run", "--json").stderr
    assert (said.count("a warning has nowhere to go"), said.count("and 25 more")) == (5, 1)


def test_a_contact_is_let_see_what_is_below(tmp_path: Path) -> None:
    _tocsin(tmp_path, "constituency", "import", PROVINCE)
    _tocsin(tmp_path, "user", "add", "chi@soyte.example", "--role", "contact", "--organization", "so-y-te")
    for arguments, said in (
        (["so-y-te"], "changed"),
        (["so-y-te"], "was so already"),
        (["so-y-te", "--own-only"], "changed"),
    ):
        done = _tocsin(tmp_path, "constituency", "sees", "chi@soyte.example", *arguments)
        assert (done.returncode, said in done.stderr) == (0, True)
    assert _tocsin(tmp_path, "constituency", "sees", "chi@soyte.example", "so-khoa-hoc").returncode == 1
    assert _tocsin(tmp_path, "constituency", "sees", "nobody@soyte.example", "so-y-te").returncode == 1


def test_a_backup_restores_into_an_empty_installation_and_only_there(tmp_path: Path) -> None:
    one, other, archive = tmp_path / "one", tmp_path / "other", tmp_path / "backup.tar.gz"
    for arguments in (
        ["constituency", "import", PROVINCE],
        ["intake", "add", REPORT],
        ["notices", "run"],
        ["backup", str(archive)],
    ):
        assert _tocsin(one, *arguments).returncode == 0
    assert _tocsin(one, "restore", str(archive)).returncode == 1
    restored = _tocsin(other, "restore", str(archive))
    assert restored.returncode == 0, restored.stderr
    for arguments in (["findings", "list", "--json"], ["notices", "list", "--json"]):
        assert json.loads(_tocsin(other, *arguments).stdout) == json.loads(_tocsin(one, *arguments).stdout)
    again = json.loads(_tocsin(other, "intake", "add", REPORT, "--json").stdout)
    assert again["events"] == 0
    assert {path.stat().st_mode & 0o077 for path in (archive, other / "secret.key")} == {0}
    archive.write_bytes(archive.read_bytes()[:-2000])
    assert _tocsin(tmp_path / "third", "restore", str(archive)).returncode == 1


def test_a_backup_has_the_rows_of_every_app() -> None:
    ours = {app.label for app in apps.get_app_configs() if app.name.startswith("tocsin.") and list(app.get_models())}
    assert ours - {"base"} <= set(backup.ROWS)


@pytest.mark.django_db(transaction=True)
def test_a_backup_of_before_restores_what_stands_elsewhere_now(tmp_path: Path) -> None:
    rows = [
        {"model": "constituency.organization", "pk": "a", "fields": {"name_vi": "a", "name_en": "a"}},
        {"model": "surveys.fact", "pk": 7, "fields": {"organization": "a", "label": "runs X", "survey": None, "by": "x", "at": "2026-01-01T00:00:00+00:00"}},
    ]  # fmt: skip
    (tmp_path / "rows").write_text("\n".join(map(json.dumps, rows)))
    backup._load(tmp_path / "rows")
    assert constituents.facts(SYSTEM).get(organization="a").label == "runs X"


@pytest.mark.parametrize(
    "name", ["home//etc/evil", "home/../evil", "/etc/evil", "home/raw/../../evil", "evil", "home/other"]
)
def test_a_backup_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "crafted.tar.gz"
    with tarfile.open(archive, "w:gz") as made:
        made.addfile(tarfile.TarInfo(name), io.BytesIO())
    done = _tocsin(tmp_path / "home", "restore", str(archive))
    assert done.returncode == 1
    assert "is no plain file" in done.stderr


def test_the_doctor_says_what_is_missing(tmp_path: Path) -> None:
    done = _tocsin(tmp_path, "doctor", "--json")
    assert done.returncode == 1
    assert {check["name"] for check in json.loads(done.stdout) if not check["ok"]} == {"constituency"}


def test_help_needs_neither_django_nor_polars() -> None:
    code = "import sys; from tocsin.project import cli; sys.exit(bool({'django', 'polars'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
