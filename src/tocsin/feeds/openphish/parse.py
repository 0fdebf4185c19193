"""OpenPhish: phishing URLs, one in a line without any heading. The list states no time: that of arrival counts.

Its content is that of any plain list of URLs; the file's name may decide between the two, or the operator.
"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.feeds import text
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.plainlist import parse as plainlist
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk


def recognize(head: bytes, name: str) -> int:
    """Recognize a plain list of URLs whose name speaks of phishing."""
    if "phish" not in name.rsplit("/", 1)[-1].lower() or not plainlist.recognize(head, name):
        return 0
    lines = text.content_lines(head)
    return 41 if lines and all("://" in line[:12] for line in lines[:20]) else 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the list."""
    rows = Rows(options, code="openphish", name="OpenPhish", provider="OpenPhish")
    return plainlist.read(source, rows, None, "phishing", "phishing")


FORMAT = Format("openphish", recognize, parse, "OpenPhish", whole_list=True)
