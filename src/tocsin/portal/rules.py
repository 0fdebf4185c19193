"""Which files are taken as proof: by size, by ending, by their first octets. Pure."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

LARGEST: Final = 10 * 2**20
"""Octets of one file."""
TOGETHER: Final = 2**30
"""Octets of all files of one organization."""
NAME: Final = 100
BEGINNINGS: Final[dict[str, tuple[bytes, ...]]] = {
    ".pdf": (b"%PDF-",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".docx": (b"PK\x03\x04",),
    ".xlsx": (b"PK\x03\x04",),
    ".odt": (b"PK\x03\x04",),
    ".txt": (),
    ".log": (),
    ".csv": (),
}
"""What a file with an ending begins with; none: it is text."""


class BadProof(Exception):
    """The file is not taken. `why`: `empty`, `large`, `kind` or `content`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def check(name: str, content: bytes) -> str:
    """Return the name under which a file is kept. Raise BadProof."""
    if not content:
        raise BadProof("empty")
    if len(content) > LARGEST:
        raise BadProof("large")
    kept = tidy(name)
    ending = PurePosixPath(kept).suffix.lower()
    if ending not in BEGINNINGS:
        raise BadProof("kind")
    beginnings = BEGINNINGS[ending]
    if beginnings and not content.startswith(beginnings):
        raise BadProof("content")
    if not beginnings and not _is_text(content):
        raise BadProof("content")
    return kept


def tidy(name: str) -> str:
    """Return a file name without folders, without what cannot be seen or turns the writing round, and not too long."""
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    plain = re.sub(r'[<>:"|?*;%\s]+', " ", seen).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or not stem:
        return plain[:NAME] or "file"
    return f"{stem[: NAME - len(ending) - 1].rstrip()}.{ending[:10]}"


def _is_text(content: bytes) -> bool:
    if b"\0" in content:
        return False
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True
