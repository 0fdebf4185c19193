"""Run every check of this repository; `python3 run.py test` prepares the tools and starts this.

Without arguments: form (ruff), types (mypy), floors (import-linter), house linters, migrations,
catalogues, reference pages, and every test on SQLite; then, on a PostgreSQL server started for
the purpose, every test that touches the database. Arguments go to pytest, and then only the tests run.

With CI=true nothing may be left out: a missing PostgreSQL or Chromium is a failure.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import postgresql  # noqa: E402

CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}
PYTHON = [sys.executable]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NOTHING_COLLECTED = 5

CHECKS: dict[str, list[str]] = {
    "lint": ["-m", "ruff", "check", "--quiet", "."],
    "format": ["-m", "ruff", "format", "--quiet", "--check", "."],
    "types": ["-m", "mypy"],
    "floors": ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
    "scope": ["tools/scope.py"],
    "lock": ["tools/lock.py", "--check"],
    "migrations": ["-m", "django", "makemigrations", "--check", "--dry-run"],
    "translations": ["tools/translations.py"],
    "reference": ["tools/reference.py", "--check"],
}


def run(name: str, command: list[str], environment: dict[str, str]) -> bool:
    """Run one check, saying its name and how it ended."""
    print(f"── {name}", flush=True)
    began = time.monotonic()
    code = subprocess.call([*PYTHON, *command], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
    good = code == 0
    print(f"── {name}: {'ok' if good else f'FAILED ({code})'} in {time.monotonic() - began:.0f} s", flush=True)
    return good


def tests(name: str, arguments: list[str], environment: dict[str, str]) -> bool:
    """Run pytest on two workers; a choice of tests that is empty on one database is no failure."""
    print(f"── tests on {name}", flush=True)
    command = [*PYTHON, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal", *arguments]
    code = subprocess.call(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
    return code == 0 or (code == NOTHING_COLLECTED and bool(arguments))


@contextlib.contextmanager
def postgresql_or_none() -> Iterator[str | None]:
    """Give the URL of a throw-away PostgreSQL, the one the caller named, or None where there is no server."""
    if given := os.environ.get("TOCSIN_TEST_DATABASE_URL"):
        yield given
        return
    try:
        server = postgresql.start()
    except postgresql.NoServer as error:
        print(f"PostgreSQL: {error}", file=sys.stderr)
        yield None
        return
    try:
        yield server.url
    finally:
        server.stop()


def main(arguments: list[str]) -> int:
    environment = dict(os.environ, PYTHONPATH=str(ROOT / "src"), DJANGO_SETTINGS_MODULE="tocsin.project.settings")
    for inherited in ("DATABASE_URL", "TOCSIN_HOME", "TOCSIN_EMAIL_URL", "TOCSIN_BASE_URL", "TOCSIN_EMAIL_FROM"):
        environment.pop(inherited, None)  # an operator's own system is not a test bench
    failed: list[str] = []
    if not arguments:
        failed += [name for name, command in CHECKS.items() if not run(name, command, environment)]
    left_out: list[str] = []
    chromium = os.environ.get("TOCSIN_TEST_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if chromium:
        environment["TOCSIN_TEST_CHROMIUM"] = chromium
    else:
        left_out.append("tests in a browser (no Chromium found; Debian: apt install chromium)")
    with postgresql_or_none() as url:
        if url:
            environment["TOCSIN_TEST_DATABASE_URL"] = url
        if not tests("SQLite", arguments, environment):
            failed.append("tests on SQLite")
        if url:
            # Choosing happens in conftest.py: only what touches the database is worth a second run.
            on_postgresql = {**environment, "DATABASE_URL": url, "TOCSIN_TEST_ONLY": "database"}
            if not tests("PostgreSQL", arguments, on_postgresql):
                failed.append("tests on PostgreSQL")
        else:
            left_out.append("tests on PostgreSQL (no server found; Debian: apt install postgresql)")
    for what in left_out:
        print(f"NOT RUN: {what}", file=sys.stderr)
    if left_out and CI:
        failed.append("nothing may be left out with CI=true")
    print(f"FAILED: {', '.join(failed)}" if failed else "All checks passed.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
