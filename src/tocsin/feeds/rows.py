"""Collects what a parser reads, row by row, into chunks that satisfy rows == events + rejects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import polars as pl

from tocsin.core import taxonomy
from tocsin.feeds import values
from tocsin.feeds.format import Options
from tocsin.pipeline.chunk import SCHEMA, Chunk, Reject, whole

SIZE = 20_000
"""Rows of one chunk."""
RAW = 4096
"""Characters of a row that a reject keeps."""
ASSETS = ("source_ip", "source_fqdn", "source_url", "source_network", "source_asn", "source_account")
_ENCODE = msgspec.json.Encoder(enc_hook=str).encode


class Rows:
    """The events and rejects of one source. Call `event` or `reject` once per row, `full()` and `chunk()` now and then."""

    def __init__(self, options: Options, *, code: str, name: str, provider: str) -> None:
        """Remember what every event of this source shares."""
        self._shared = {
            "feed_code": options.feed_code or code,
            "feed_name": options.feed_name or name,
            "feed_provider": options.feed_provider or provider,
        }
        self._options = options
        self._events: list[dict[str, Any]] = []
        self._rejects: list[Reject] = []
        self.row = 0

    def next(self) -> int:
        """Count one more row and return its number."""
        self.row += 1
        return self.row

    def reject(self, reason: str, detail: str, raw: object = "") -> None:
        """Refuse the current row."""
        shown = raw if isinstance(raw, str) else _json(raw)
        self._rejects.append(Reject(self.row, reason, detail, shown[:RAW]))

    def event(self, raw: object, *, extra: dict[str, Any] | None = None, **columns: Any) -> None:
        """Take the current row as an event; one without an asset is refused. `raw` is shown then."""
        found = {name: value for name, value in columns.items() if value is not None and value != ""}
        if not any(name in found for name in ASSETS):
            self.reject("no-asset", "no address, host name, URL, network, AS or account that can be read", raw)
            return
        if self._options.classification_type:
            found["classification_type"] = taxonomy.rsit_type(self._options.classification_type)
        if self._options.classification_identifier:
            found["classification_identifier"] = self._options.classification_identifier
        if self._options.severity:
            found.setdefault("severity", self._options.severity)
        if "time_source" not in found and self._options.received_at:
            found["time_source"] = self._options.received_at
        kept = {key: value for key, value in (extra or {}).items() if value not in (None, "", [], {})}
        try:
            found["extra"] = _json(kept)
        except RecursionError:
            self.reject("too-deep", "nested deeper than can be kept", str(raw)[:RAW])
            return
        found["raw_row"] = self.row
        self._events.append({name: _clean(value) for name, value in (self._shared | found).items()})

    def full(self) -> bool:
        """Tell whether it is time to hand over a chunk."""
        return len(self._events) + len(self._rejects) >= SIZE

    def chunk(self) -> Chunk:
        """Hand over what was collected, and begin anew."""
        names = {name for event in self._events for name in event}
        schema = {name: kind for name, kind in SCHEMA.items() if name in names or name == "raw_row"}
        frame = pl.DataFrame(
            {
                name: pl.Series(name, [event.get(name) for event in self._events], dtype=kind)
                for name, kind in schema.items()
            }
        )
        rejects, self._events, self._rejects = self._rejects, [], []
        return whole(frame, rejects)

    def last(self) -> Iterator[Chunk]:
        """Yield what is left, if anything."""
        if self._events or self._rejects:
            yield self.chunk()

    def at(self, value: object, raw: object, *, needed: bool = True, form: str | None = None) -> tuple[bool, Any]:
        """Read the time of the current row: (go on?, time). A time that is there but cannot be read refuses the row."""
        plain = values.text(value)
        if plain is None:
            return True, None
        found = values.instant(plain, form=form) if form else values.instant(plain)
        if found is None and needed:
            self.reject("bad-time", f"no time that can be read: {plain[:80]}", raw)
            return False, None
        return True, found


def _clean(value: Any) -> Any:
    # A lone surrogate cannot be written as UTF-8; JSON may spell one.
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode("utf-8")
    return value


def _json(value: object) -> str:
    try:
        return _ENCODE(value).decode("utf-8", "replace")
    except (UnicodeError, TypeError, ValueError, OverflowError):
        import json

        return json.dumps(value, default=str)
