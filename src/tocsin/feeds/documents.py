"""JSON in the framings that products write: an array, one object per line, pretty-printed or run together.

Objects one per line are read as they come, also inside an array's brackets and with commas that stand
alone; anything else is read whole. Nothing raises: what cannot be read is a `Bad`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from tocsin.feeds import text
from tocsin.feeds.format import Source

_KEY = re.compile(r'"([A-Za-z_@$][\w.@:\-]{0,80})"\s*:')
# Strings end with their line (JSON allows no raw line end in them); possessive, so that time stays linear.
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*+\\?(?:"|(?=\n)|\Z)|[{}\[\]]')
_COLON = re.compile(r"\s*:")
WRAPPINGS = ("urls", "data", "payloads", "events", "results")
"""Names under which products put their records when they wrap them in one object."""
_DECODE = msgspec.json.Decoder().decode


class Bad(NamedTuple):
    """Something that stands where a record should and cannot be read."""

    text: str
    reason: str
    detail: str


@lru_cache(maxsize=4)
def keys(head: bytes) -> frozenset[str]:
    """Return the names of all fields in the beginning of a JSON document; empty when it is none."""
    shown = text.head(head).lstrip("\ufeff \n\t,")
    if shown[:1] not in ("{", "[") or '"$schema"' in shown[:2048]:  # a schema speaks of documents and is none
        return frozenset()
    return frozenset(_KEY.findall(shown))


@lru_cache(maxsize=4)
def record_keys(head: bytes) -> frozenset[str]:
    """Return the names of the fields that the records themselves have, not what is nested in them.

    Records are the outermost objects, those in an array, or those in an array that a wrapping names (WRAPPINGS).
    """
    shown = text.head(head).lstrip("\ufeff \n\t,")
    if not keys(head):
        return frozenset()
    found: set[str] = set()
    open_: list[str] = []
    wrapping = False
    for token in _TOKEN.finditer(shown):
        sign = token[0]
        if sign in "{[":
            open_.append(sign)
        elif sign in "}]":
            if open_:
                open_.pop()
        elif _COLON.match(shown, token.end()):
            path = "".join(open_)
            if path in ("{", "[{") or (path == "{[{" and wrapping):
                found.add(sign.strip('"'))
            if path == "{":
                wrapping = sign.strip('"') in WRAPPINGS
    return frozenset(found)


def texts(source: Source) -> Iterator[str | Bad]:
    """Yield the text of each record, not yet decoded."""
    lines = text.lines(source)
    first: list[str] = []
    for line in lines:
        first.append(line)
        plain = _bare(line)
        if plain:
            break
    else:
        return
    if not _reads(plain):
        yield from _from_whole(source)
        return
    for line in chain(first, lines):
        plain = _bare(line)
        if plain:
            yield plain


def objects(source: Source) -> Iterator[Any | Bad]:
    """Yield each record decoded."""
    for record in texts(source):
        yield record if isinstance(record, Bad) else load(record)


def load(record: str) -> Any | Bad:
    """Decode one record."""
    try:
        return _DECODE(record)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        reason = "too-deep" if isinstance(error, RecursionError) else "bad-json"
        return Bad(record, reason, f"no JSON that can be read: {str(error)[:120]}")


def _bare(line: str) -> str:
    plain = line.strip().lstrip("\ufeff")
    if plain[:1] == "[" and not plain.endswith("]"):
        plain = plain[1:].lstrip()
    elif plain in ("[]", "]", "],"):
        return ""
    return plain.strip(", \t") if plain[:1] == "," or plain[-1:] == "," else plain if plain != "[" else ""


def _reads(plain: str) -> bool:
    return plain[:1] == "{" and not isinstance(load(plain), Bad)


def _from_whole(source: Source) -> Iterator[str | Bad]:
    if text.too_large(source):
        yield Bad("", "too-large", f"a document of more than {text.LARGEST >> 20} MiB is not read whole")
        return
    everything = text.decode(source.read()).strip().lstrip("\ufeff")
    if everything[:1] == "[":
        try:
            for part in msgspec.json.decode(everything, type=list[msgspec.Raw]):
                yield bytes(part).decode("utf-8", "replace")
            return
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            pass
    yield from _scan(everything)


def _scan(everything: str) -> Iterator[str | Bad]:
    """Cut a document that is no valid whole into its outermost objects, in one pass."""
    position = 1 if everything[:1] == "[" else 0
    start, depth, end = -1, 0, position
    for token in _TOKEN.finditer(everything, position):
        sign = token[0]
        if sign in "{[":
            if depth == 0:
                start = token.start()
                yield from _between(everything[end:start])
            depth += 1
        elif sign in "}]" and depth:
            depth -= 1
            if depth == 0:
                end = token.end()
                yield everything[start:end]
    if depth:
        yield Bad(everything[start : start + 4096], "bad-json", "the document ends inside this record")
    else:
        yield from _between(everything[end:])


def _between(gap: str) -> Iterator[Bad]:
    plain = gap.strip(", \t\n]")
    if plain:
        yield Bad(plain[:4096], "bad-json", "text between records")
