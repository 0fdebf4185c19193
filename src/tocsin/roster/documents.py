"""YAML and JSON as nested texts that know their lines; nothing in them is resolved, constructed or expanded.

A scalar stays the text that was written, so that `007`, `no` and `+84 20` survive. An alias shares what
its anchor holds. Depth and number of values are bounded, merge keys and tags are not known.
"""

from __future__ import annotations

import json
from typing import Any

from tocsin.roster.reasons import Wrong

DEEPEST = 12
MOST = 2_000_000
_NULL = {"", "~", "null", "Null", "NULL"}


class Mapped(dict[str, Any]):
    """A mapping that knows the line it begins on, and the line of each key (0: not known)."""

    def __init__(self, line: int = 0) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def put(self, key: str, value: object, line: int = 0) -> None:
        """Add a key. Raise Wrong when it is there already."""
        if key in self:
            raise Wrong("key-twice", value=f"{key} (line {line})" if line else key)
        self[key] = value
        self.lines[key] = line


class Listed(list[Any]):
    """A list that knows the line of each entry."""

    def __init__(self, line: int = 0) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []

    def put(self, value: object, line: int) -> None:
        """Add an entry."""
        self.append(value)
        self.lines.append(line)


def from_json(text: str) -> Any:
    """Return what a JSON text holds. Raise Wrong."""

    def mapped(pairs: list[tuple[str, Any]]) -> Mapped:
        found = Mapped()
        for key, value in pairs:
            found.put(key, value)
        return found

    try:
        return json.loads(
            text, object_pairs_hook=mapped, parse_int=str, parse_float=str, parse_constant=lambda word: word
        )
    except RecursionError:
        raise Wrong("too-deep") from None
    except ValueError as error:
        raise Wrong("not-json", detail=error) from None


def from_yaml(text: str) -> Any:
    """Return what a YAML text holds. Raise Wrong."""
    import yaml

    try:
        return _built(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.YAMLError as error:
        raise Wrong("not-yaml", detail=" ".join(str(error).replace('"<unicode string>", ', "").split())) from None


class _Open:
    """A collection whose end has not come yet, and the key that waits for its value."""

    __slots__ = ("anchor", "into", "key", "key_line")

    def __init__(self, into: Mapped | Listed, anchor: str | None) -> None:
        self.into = into
        self.anchor = anchor
        self.key: str | None = None
        self.key_line = 0

    def take(self, value: object, line: int) -> None:
        if isinstance(self.into, Listed):
            self.into.put(value, line)
        elif self.key is None:
            if not isinstance(value, str):
                raise Wrong("not-a-text")
            self.key, self.key_line = value, line
        else:
            self.into.put(self.key, value, self.key_line)
            self.key = None


def _built(events: Any) -> Any:
    """Build from the parser's events, one by one: its own composer follows nesting until the stack is gone."""
    import yaml

    top = Listed()
    root = _Open(top, None)
    stack = [root]
    anchors: dict[str, Any] = {}
    for n, event in enumerate(events):
        if n > MOST:
            raise Wrong("too-many", limit=MOST)
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            _check_tag(event.tag)
            plain = not event.style
            value = None if plain and event.value in _NULL else event.value
            if value is None and isinstance(stack[-1].into, Mapped) and stack[-1].key is None:
                value = event.value
            if event.anchor:
                anchors[event.anchor] = value
            stack[-1].take(value, line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            _check_tag(event.tag)
            if len(stack) > DEEPEST:
                raise Wrong("too-deep")
            made = Mapped(line) if isinstance(event, yaml.MappingStartEvent) else Listed(line)
            stack.append(_Open(made, event.anchor))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            done = stack.pop()
            if done.anchor:
                anchors[done.anchor] = done.into
            stack[-1].take(done.into, done.into.line)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                raise Wrong("unknown-alias", value=event.anchor)
            stack[-1].take(anchors[event.anchor], line)
        elif isinstance(event, yaml.DocumentStartEvent) and top:
            raise Wrong("not-yaml", detail="a second document begins")
    return top[0] if top else None


def _check_tag(tag: str | None) -> None:
    if tag is not None and tag != "!":
        raise Wrong("unknown-tag", value=tag)
