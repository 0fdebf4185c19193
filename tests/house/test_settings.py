"""Every setting is described."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_setting_is_in_the_reference_and_no_other() -> None:
    code = (ROOT / "src" / "tocsin" / "project" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'"(TOCSIN_[A-Z_]+|DATABASE_URL)"', code))
    said = set(
        re.findall(
            r"`(TOCSIN_[A-Z_]+|DATABASE_URL)`",
            (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8"),
        )
    )
    assert {"TOCSIN_HOME", "DATABASE_URL"} <= read
    assert read == said
