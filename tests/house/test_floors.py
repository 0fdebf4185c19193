"""The house keeps its floors, and every contract that says so is able to fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]

# What to plant: contract, file, line.
BREACHES = [
    ("Floors: import downstairs only", "core/planted.py", "import tocsin.pipeline"),
    ("Floors: import downstairs only", "helpers.py", "import tocsin.core"),
    ("Floors: import downstairs only", "lake/planted.py", "import tocsin.feeds"),
    ("Django starts at base", "pipeline/planted.py", "import django.conf"),
    ("The words of the trade need no library", "core/planted.py", "import polars"),
    ("Rooms of an app have an order", "findings/models.py", "import tocsin.findings.actions"),
    ("Rules think: no Django, no rows", "notices/rules.py", "from django.utils import timezone"),
    ("Rules think: no Django, no rows", "notices/rules.py", "import tocsin.findings.models"),
    ("Settings are read through django.conf", "base/planted.py", "import tocsin.project.settings"),
    ("No cycles among siblings", "core/tlp.py", "import tocsin.core.event\nimport tocsin.core.severity"),
]


def lint(folder: Path) -> str:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture
def house(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    code = shutil.ignore_patterns("samples", "static", "locale", "templates", "__pycache__", "demo")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=code)
    return tmp_path


def test_the_house_keeps_every_contract(house: Path) -> None:
    said = lint(house)
    assert f"{len(CONTRACTS)} kept, 0 broken" in said, said


def test_every_contract_has_a_breach_to_see() -> None:
    assert {contract["name"] for contract in CONTRACTS} == {name for name, _file, _line in BREACHES}


@pytest.mark.parametrize(("contract", "file", "line"), BREACHES)
def test_a_planted_breach_breaks_its_contract(house: Path, contract: str, file: str, line: str) -> None:
    path = house / "src" / "tocsin" / file
    with path.open("a", encoding="utf-8") as planted:
        planted.write(f"\n{line}\n")
    if "cycle" in contract:
        # The other half of the circle.
        with (path.parent / "severity.py").open("a", encoding="utf-8") as planted:
            planted.write("\nimport tocsin.core.tlp\n")
    if "order" in contract:
        (path.parent / "actions.py").touch()
    assert f"{contract} BROKEN" in lint(house)
