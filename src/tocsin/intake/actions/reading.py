"""How an arrival is read: what its bringer said of it goes before what its feed says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any

from tocsin.feeds.format import Options
from tocsin.intake.actions import schemas
from tocsin.intake.models import Arrival, Feed


@dataclass(frozen=True, slots=True)
class Reading:
    """What the pipeline is told: the format to force, the window for duplicates in microseconds, the parser's options."""

    format: str | None = None
    window: int = 0
    options: Options = field(default_factory=Options)


def told(
    *,
    format_name: str | None = None,
    window: timedelta | None = None,
    mapping: dict[str, Any] | None = None,
    schema: str | None = None,
) -> dict[str, Any]:
    """Return what is kept with an arrival of what its bringer says; `schema` is the SHA-256 of a kept document."""
    said = {
        "format": format_name,
        "window": None if window is None else microseconds(window),
        "mapping": mapping,
        "schema": schema,
    }
    return {name: value for name, value in said.items() if value is not None}


def microseconds(duration: timedelta) -> int:
    """Return a duration in whole microseconds, exactly."""
    return duration // timedelta(microseconds=1)


def key(arrival: Arrival) -> str:
    """Return a text that two arrivals share exactly when they are read the same way, and so may share a batch."""
    return json.dumps([str(arrival.feed_id or ""), arrival.told], sort_keys=True)


def of(arrival: Arrival, feed: Feed | None) -> Reading:
    """Return how this arrival is read."""
    said: dict[str, Any] = arrival.told
    if feed is None:
        document = said.get("schema") or schemas.in_use("")
        options = Options(received_at=arrival.received_at, schema=schemas.read(document), mapping=said.get("mapping"))
        return Reading(said.get("format"), said.get("window", 0), options)
    document = said.get("schema") or schemas.in_use(feed.schema)
    options = Options(
        feed_code=feed.code,
        feed_name=feed.name,
        feed_provider=feed.provider or None,
        feed_accuracy=feed.accuracy,
        tlp=feed.tlp or None,
        received_at=arrival.received_at,
        schema=schemas.read(document),
        mapping=said.get("mapping") or feed.mapping,
        classification_type=feed.classification_type or None,
        classification_identifier=feed.classification_identifier or None,
        severity=feed.severity or None,
    )
    return Reading(said.get("format") or feed.format or None, said.get("window", microseconds(feed.window)), options)


def again(arrival: Arrival, feed: Feed | None, *, format_name: str | None, options: Options) -> Reading:
    """Return how an arrival is read anew: as before, but for what is said now."""
    before = of(arrival, feed)
    plain = Options()
    said = {
        f.name: getattr(options, f.name) for f in fields(Options) if getattr(options, f.name) != getattr(plain, f.name)
    }
    return replace(before, format=format_name or before.format, options=replace(before.options, **said))
