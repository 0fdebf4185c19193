"""The house linter sees what it is there to see, and the house passes it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import scope  # noqa: E402


def test_the_house_has_no_breach() -> None:
    assert list(scope.breaches(ROOT / "src" / "tocsin")) == []


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("views.py", "rows = Finding.objects.all()\n", "outside models"),
        ("apps.py", "@receiver(post_save)\ndef f(): ...\n", "signal receiver"),
        ("queries.py", "def all_findings(organization): ...\n", "viewer first"),
        ("queries/open.py", "def all_findings(organization): ...\n", "viewer first"),
        ("templates/a.html", "<script>alert(1)</script>", "inline script"),
        ("templates/a.html", '<p style="color:red">', "inline style"),
        ("templates/a.html", '<a onclick="x()">', "event handler"),
        ("templates/a.html", '<a href="javascript:x()">', "javascript: link"),
        ("templates/a.html", "{{ text|safe }}", "|safe"),
    ],
)
def test_a_planted_breach_is_seen(tmp_path: Path, name: str, text: str, what: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    (found,) = scope.breaches(tmp_path)
    assert what in found


def test_what_is_allowed_passes(tmp_path: Path) -> None:
    (tmp_path / "queries.py").write_text("def open_findings(viewer): return Finding.objects.all()\ndef _own(x): ...\n")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.html").write_text('<script src="/static/keyboard.js" defer></script>')
    assert list(scope.breaches(tmp_path)) == []
