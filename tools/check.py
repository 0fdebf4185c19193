"""Run every check of this repository: style, types, floors, documents, and all tests on both databases.

    python3 run.py test              everything, as in CI
    python3 run.py test PATH -k …    only those tests, on SQLite (arguments go to pytest)

PostgreSQL, Chromium and Dovecot are found, or installed where that is allowed, or named in one line. With
CI=true nothing may be missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import postgres

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def step(title: str, command: list[str], environment: dict[str, str], accept: tuple[int, ...] = (0,)) -> bool:
    """Run one check, say how it went and how long it took."""
    print(f"── {title}", flush=True)
    began = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    good = code in accept
    print(f"   {'ok' if good else f'FAILED (exit {code})'} after {time.monotonic() - began:.0f} s", flush=True)
    return good


def find_chromium() -> str | None:
    """Return a Chromium to test with; install Debian's where this user may."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None and postgres.may_install():
        postgres.install("chromium")
        found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return found


PROGRAMS = {"gpg": "gnupg", "openssl": "openssl", "curl": "curl", "pdftotext": "poppler-utils"}
"""Programs that open what Tocsin protects, read its letters and run the examples of the API, and the Debian packages that hold them."""


WORKERS = str((os.cpu_count() or 2) + 1)
"""One more than there are processors: a third of the time tests wait for processes and servers that they began."""


def find_programs() -> list[str]:
    """Install them where this user may; return a line for each that is missing."""
    for package in {package for name, package in PROGRAMS.items() if shutil.which(name) is None}:
        if postgres.may_install():
            postgres.install(package)
    return [
        f"{name} was not found: the tests that use it did not run (Debian: apt install {package})"
        for name, package in PROGRAMS.items()
        if shutil.which(name) is None
    ]


def find_dovecot() -> str | None:
    """Return an IMAP server to test with; install Debian's where this user may."""

    def found() -> str | None:
        return shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")

    if found() is None and postgres.may_install():
        postgres.install("dovecot-imapd")
    return found()


def main() -> int:
    """Run the checks; 0 when all passed and nothing that must not be missing was missing."""
    arguments = sys.argv[1:]
    scratch = Path(tempfile.mkdtemp(prefix="tocsin-test-"))
    environment = dict(os.environ, TOCSIN_HOME=str(scratch / "home"), PYTHONDONTWRITEBYTECODE="1")
    environment["PATH"] = f"{BIN}{os.pathsep}{environment.get('PATH', '')}"
    environment.pop("DATABASE_URL", None)
    environment["DJANGO_SETTINGS_MODULE"] = "tocsin.project.settings"
    missing: list[str] = []
    if chromium := find_chromium():
        environment["TOCSIN_TEST_CHROMIUM"] = chromium
    else:
        missing.append("Chromium was not found: the tests in a browser did not run (Debian: apt install chromium)")
    missing += find_programs()
    if dovecot := find_dovecot():
        environment["TOCSIN_TEST_DOVECOT"] = dovecot
    else:
        missing.append("Dovecot was not found: the tests of mailboxes did not run (Debian: apt install dovecot-imapd)")
    pytest = [sys.executable, "-m", "pytest", "-q"]
    try:
        if arguments:
            return subprocess.run([*pytest, *arguments], cwd=ROOT, env=environment, check=False).returncode
        results = [step(title, command, environment) for title, command in still_checks()]
        results.append(step("tests on SQLite", [*pytest, "-n", WORKERS], environment))
        try:
            # Its tests kill processes, never the machine: what the kernel holds is as good as on the disk.
            with postgres.server(scratch / "postgres", durable=False) as url:
                both = dict(environment, DATABASE_URL=url, TOCSIN_TEST_ONLY="database")
                results.append(
                    step("tests of the database on PostgreSQL", [*pytest, "-n", WORKERS], both, accept=(0, 5))
                )
        except postgres.Unavailable as why:
            missing.append(f"{why}: the tests on PostgreSQL did not run")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for line in missing:
        print(f"MISSING: {line}", flush=True)
    if IN_CI and missing:
        return 1
    print("all checks passed" if all(results) else "SOME CHECKS FAILED", flush=True)
    return 0 if all(results) else 1


def still_checks() -> list[tuple[str, list[str]]]:
    """List what can be checked without running the product."""
    python = sys.executable
    checks = [
        ("style", [str(BIN / "ruff"), "check", "."]),
        ("format", [str(BIN / "ruff"), "format", "--check", "."]),
        ("types", [str(BIN / "mypy")]),
        ("floors", [str(BIN / "lint-imports")]),
        ("locks", [python, "tools/lock.py", "--check"]),
        ("translations", [python, "tools/translations.py"]),
        ("migrations", [python, "-m", "django", "makemigrations", "--check", "--dry-run"]),
    ]
    optional = {"tools/scope.py": "scope", "tools/documents.py": "documents"}
    checks += [(title, [python, path, "--check"]) for path, title in optional.items() if (ROOT / path).exists()]
    return checks


if __name__ == "__main__":
    sys.exit(main())
