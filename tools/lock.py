"""Write the lock: requirements.txt (to run Tocsin) and requirements-dev.txt (to work on it), with hashes.

    python tools/lock.py              solve again, keeping the versions that still fit
    python tools/lock.py --upgrade    take the newest versions that fit
    python tools/lock.py --check      exit 1 if pyproject.toml asks for something else than what is locked

Every lock is for all platforms and Python versions at once, and names no index: whoever installs decides that.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
LOCKS: dict[str, list[str]] = {
    "requirements.txt": ["--all-extras"],
    "requirements-dev.txt": ["--all-extras", "--group", "dev"],
}
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)(?:\s*;\s*(.+?))?\s*\\?$", re.MULTILINE)


def asked(lock: str, pyproject: Path = ROOT / "pyproject.toml") -> list[Requirement]:
    """Read what pyproject.toml asks for, for one lock."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    lines = [
        *project["project"]["dependencies"],
        *chain.from_iterable(project["project"]["optional-dependencies"].values()),
    ]
    if lock == "requirements-dev.txt":
        lines += project["dependency-groups"]["dev"]
    return [Requirement(line) for line in lines]


def pinned(path: Path) -> dict[str, list[Version]]:
    """Read which versions a lock holds; a package may have one for each Python."""
    found: dict[str, list[Version]] = {}
    for match in PIN.finditer(path.read_text(encoding="utf-8")):
        found.setdefault(canonicalize_name(match[1]), []).append(Version(match[2]))
    return found


def problems(folder: Path = ROOT) -> list[str]:
    """Say where lock and pyproject.toml differ, without asking any index."""
    found = []
    locks = {name: pinned(folder / name) for name in LOCKS}
    for name, pins in locks.items():
        for wanted in asked(name, folder / "pyproject.toml"):
            versions = pins.get(canonicalize_name(wanted.name), [])
            if not versions:
                found.append(f"{name} lacks {wanted.name}; run tools/lock.py")
            found += [f"{name} has {wanted.name} {v}; asked: {wanted}" for v in versions if v not in wanted.specifier]
    run, work = locks["requirements.txt"], locks["requirements-dev.txt"]
    found += [f"{name} differs between the two locks" for name in run if run[name] != work.get(name)]
    return found


def write(*, upgrade: bool) -> None:
    """Solve and write both locks; the second is held to the first."""
    for name, options in LOCKS.items():
        command = ["uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header"]
        command += ["--no-annotate", "--python-version", "3.11", *options, "pyproject.toml", "-o", name]
        if name != "requirements.txt":
            command += ["--constraint", "requirements.txt"]
        subprocess.run([sys.executable, "-m", *command, *(["--upgrade"] if upgrade else [])], cwd=ROOT, check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    options = parser.parse_args()
    if not options.check:
        write(upgrade=options.upgrade)
    found = problems()
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
