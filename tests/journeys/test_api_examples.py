"""The examples of docs/reference/api.md, run as they are printed, against a web server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.accounts import actions as accounts
from tocsin.base.api.scopes import Scope
from tocsin.base.tenancy import SYSTEM
from tocsin.notices import queries as noticed

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import documents  # noqa: E402

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_every_example_works_as_printed(town: None, live_server: object, tmp_path: Path) -> None:
    _token, secret = accounts.add_token(name="x", scopes=list(Scope), actor=SYSTEM, now=datetime.now(UTC))
    report = ROOT / "src" / "tocsin" / "project" / "demo" / "reports"
    shutil.copy(next(report.glob("*scan_rdp*.csv")), tmp_path / "report.csv")
    environment = os.environ | {
        "TOCSIN": live_server.url,  # type: ignore[attr-defined]
        "TOKEN": secret,
        "NOTICE": str(noticed.notices(SYSTEM)[0].pk),
    }
    printed = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    for title, command in documents.examples():
        assert command in printed
        strict = command.replace("curl -s ", "curl -s --fail-with-body ")
        done = subprocess.run(
            ["sh", "-ec", strict], check=False, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{title}: {done.stdout}{done.stderr}"
        assert done.stdout.startswith("#") or isinstance(json.loads(done.stdout), dict | list), title
