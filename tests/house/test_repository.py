"""What must not be in the repository, and what must be."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tocsin.core import event, severity, taxonomy

ROOT = Path(__file__).resolve().parents[2]


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def test_no_file_is_larger_than_two_mebibytes() -> None:
    assert [path for path in _tracked() if path.stat().st_size > 2 << 20] == []


def test_no_path_of_a_machine_is_written_down() -> None:
    pattern = re.compile(rb"(?<![\w.])/(?:" + b"|".join([b"wo" + b"rk", b"ro" + b"ot", b"home/[a-z]+"]) + rb")/[a-z.]")
    assert [path for path in _tracked() if pattern.search(path.read_bytes())] == []


def test_the_readme_shows_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "python3 run.py demo" in readme
    assert "python3 run.py test" in readme


def test_ci_calls_the_test_command_of_the_readme() -> None:
    assert "python3 run.py test" in (ROOT / ".ci" / "run").read_text()


def test_every_type_has_a_severity_to_assume() -> None:
    assert {severity.assumed(kind) for kind in taxonomy.TYPES} <= set(severity.SEVERITIES)


def test_column_names_are_unique_and_synonyms_lead_to_types() -> None:
    assert len(set(event.NAMES)) == len(event.NAMES)
    assert set(taxonomy.SYNONYMS.values()) <= set(taxonomy.TYPES)
