"""Write a letter as PDF (Typst) and as DOCX."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

from tocsin.channels.letter.content import Letter

FORMS = Path(__file__).parent / "forms"


class UnknownForm(LookupError):
    """No such form; known are the names of the files in `forms/`."""


class NoLibrary(RuntimeError):
    """The extra `letters` is not installed."""


def forms() -> list[str]:
    """Return the names of the forms there are."""
    return sorted(path.stem for path in FORMS.glob("*.typ"))


def pdf(letter: Letter, *, form: str = "vn-nd30-2020") -> bytes:
    """Return the letter as PDF/A-2b. The template sees a folder of its own and nothing else of this machine.

    Raise UnknownForm, NoLibrary.
    """
    template = FORMS / f"{form}.typ"
    if form not in forms():
        raise UnknownForm(f"{form}; known: {', '.join(forms())}")
    try:
        import typst
    except ImportError as error:
        raise NoLibrary("letters need the extra `letters`: pip install 'tocsin[letters]'") from error
    with tempfile.TemporaryDirectory(prefix="tocsin-letter-") as name:
        folder = Path(name)
        (folder / "main.typ").write_text(template.read_text(encoding="utf-8"), encoding="utf-8")
        (folder / "letter.json").write_text(json.dumps(letter.as_json(), ensure_ascii=False), encoding="utf-8")
        made: Any = typst.compile(folder / "main.typ", root=folder, format="pdf", pdf_standards=["a-2b"])
        return bytes(made)


def docx(letter: Letter) -> bytes:
    """Return the letter as DOCX, in the form of NĐ 30/2020, for whoever finishes it by hand. Raise NoLibrary."""
    try:
        from tocsin.channels.letter import word
    except ImportError as error:
        raise NoLibrary("letters need the extra `letters`: pip install 'tocsin[letters]'") from error
    out = io.BytesIO()
    word.build(letter).save(out)
    return out.getvalue()
