"""The comparison itself, on a folder that was made up."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from tests.agreement import compare, files
from tests.agreement.compare import Case

from tocsin.feeds.format import Options

LIST = b"# Generated at: 20261120120000 UTC\n192.0.2.1\nhttps://bad.example/a\n"


def _case(**expected: object) -> Case:
    return Case("made-up", "list", "plainlist", LIST, [{"source_ip": "192.0.2.1", **expected}], Options())


def test_what_is_equal_is_counted_in_whatever_spelling() -> None:
    outcome = compare.run([_case(time_source="2026-11-20T12:00:00+00:00", classification_type="other")], [])["made-up"]
    assert outcome.equal == {"source_ip": 1, "time_source": 1, "classification_type": 1}
    assert outcome.unexplained == []


def test_a_difference_is_shown_until_there_is_a_reason_for_it() -> None:
    (case, name, wanted, got) = compare.run([_case(classification_type="spam")], [])["made-up"].unexplained[0]
    assert (case, name, wanted, got) == ("list", "classification_type", "spam", "other")
    reason = (lambda _, name, __, ___: name == "classification_type", "the list does not say")
    outcome = compare.run([_case(classification_type="spam")], [reason])["made-up"]
    assert outcome.unexplained == []
    assert "the list does not say" in compare.report(outcome)


def test_the_table_of_files_adds_up(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "lists.tar.gz", "w:gz") as archive:
        for name, content in (("a.txt", LIST), ("b.txt", LIST + b"((()))\n" + b"192.0.2.9\n" * 20), ("c.bin", b"\0\1")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    rows = {row.format: row for row in files.table(tmp_path)}
    assert (rows["plainlist"].files, rows["plainlist"].rows, rows["plainlist"].rejects) == (2, 25, 1)
    assert rows["plainlist"].duplicates == 21
    assert rows["-"].files == 1


@pytest.mark.parametrize("path", sorted(files.MAPPINGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_mapping_of_the_documentation_has_no_fault(path: Path) -> None:
    import yaml

    from tocsin.feeds.mapped.parse import faults

    assert faults(yaml.safe_load(path.read_text(encoding="utf-8"))) == []


def test_without_a_folder_the_command_says_how_it_is_used() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.agreement"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "FOLDER" in done.stdout
