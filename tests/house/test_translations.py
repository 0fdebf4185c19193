"""Everything Tocsin says, it says in Vietnamese as well."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import translations  # noqa: E402


@pytest.mark.parametrize("app", translations.apps())
def test_an_app_speaks_vietnamese(app: str) -> None:
    assert list(translations.problems(translations.SOURCE / app)) == []


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "planted"
    (folder / "templates").mkdir(parents=True)
    (folder / "views.py").write_text('from django.utils.translation import gettext as _\n\n_("Hello %(name)s")\n')
    (folder / "templates" / "a.html").write_text(
        "{% load i18n %}<p title=\"{% translate 'It is ours' %}\">don't (\n"
        "   {% blocktranslate count n=rows trimmed %}\n {{ n }} row\n{% plural %}\n {{ n }} rows\n{% endblocktranslate %}"
    )
    return folder


def write(app: Path, *pairs: tuple[str, str]) -> None:
    text = translations.catalogue(app).read_text(encoding="utf-8")
    for message, translation in pairs:
        for key in (f'"{message}"\nmsgstr ', f'"{message}"\nmsgstr[0] '):
            text = text.replace(f'{key}""', f'{key}"{translation}"')
    translations.catalogue(app).write_text(text, encoding="utf-8")
    translations.catalogue(app).with_suffix(".mo").write_bytes(translations.compiled(app))


def test_a_message_nobody_translated_is_named(app: Path) -> None:
    assert len(list(translations.problems(app))) == 3
    assert translations.update(app) == 3
    said = list(translations.problems(app))
    assert [problem for problem in said if "is not translated" in problem] == said[:3]
    assert "binary catalogue is not current" in said[3]


def test_a_complete_catalogue_passes_and_survives_the_next_update(app: Path) -> None:
    translations.update(app)
    write(app, ("Hello %(name)s", "Chào %(name)s"), ("It is ours", "Của chúng tôi"), ("%(n)s rows", "%(n)s dòng"))
    assert list(translations.problems(app)) == []
    before = translations.catalogue(app).read_text(encoding="utf-8")
    assert translations.update(app) == 0
    assert translations.catalogue(app).read_text(encoding="utf-8") == before


def test_a_translation_that_fills_in_something_else_is_named(app: Path) -> None:
    translations.update(app)
    write(app, ("Hello %(name)s", "Chào %(ten)s"), ("It is ours", "Của chúng tôi"), ("%(n)s rows", "%(n)s dòng"))
    (problem,) = translations.problems(app)
    assert "ten" in problem


def test_a_message_no_longer_said_is_kept_aside_and_comes_back(app: Path) -> None:
    translations.update(app)
    write(app, ("Hello %(name)s", "Chào %(name)s"))
    code = (app / "views.py").read_text()
    (app / "views.py").write_text("")
    translations.update(app)
    assert '#~ msgid "Hello %(name)s"' in translations.catalogue(app).read_text(encoding="utf-8")
    (app / "views.py").write_text(code)
    assert translations.update(app) == 2
