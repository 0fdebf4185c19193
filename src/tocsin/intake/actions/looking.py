"""Remember which feeds looked at the constituency, and when: the proof behind "not seen any more"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.conf import settings

from tocsin.batches.outcome import Look as Taken
from tocsin.intake.models import Arrival, Batch, Look
from tocsin.lake import durable

_DAY = re.compile(r"(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)(?!\d)")


def keep_names(folder: str, taken: Sequence[Taken]) -> dict[str, str]:
    """Put on disk what complete lists name, in the folder of their batch; return the place by the file's checksum."""
    places = {}
    for look in taken:
        if look.names is not None:
            places[look.sha256] = f"{folder}/listed-{look.sha256[:16]}.parquet"
            durable.write(Path(settings.TOCSIN_HOME) / places[look.sha256], look.names.write_parquet)
    return places


def note(
    *,
    taken: Sequence[Taken],
    batch: Batch,
    arrivals: Mapping[str, Arrival],
    window: timedelta,
    places: Mapping[str, str],
) -> None:
    """Make the rows of a batch's looks, inside the caller's transaction. Several files of one day are one look."""
    for look in taken:
        if not look.whole:
            continue
        arrival, names = arrivals[look.given.name], places.get(look.sha256, "")
        # A list says what stands on it when it is fetched, whatever times it states.
        began = arrival.received_at if names else _began(look.first, look.file, arrival.received_at)
        _remember(Look(
            feed_code=look.feed[:200], day=began.date(), began_at=began, proves_before=began - window, n_rows=look.rows,
            batch=batch, arrival=arrival, names=names,
        ))  # fmt: skip


def repeat(*, arrival: Arrival, name: str, now: datetime) -> None:
    """Take the same bytes that came again as another look, where they say the same of another day.

    A list that did not change still says what stands on it, and an empty report that nothing was found. A
    report with rows tells of the time it states, however often it arrives.
    """
    latest = {look.feed_code: look for look in arrival.looks.order_by("day")}
    for look in latest.values():
        if not look.names and look.n_rows:
            continue
        began = now if look.names else _began(None, name, now)
        _remember(Look(
            feed_code=look.feed_code, day=began.date(), began_at=began, proves_before=began - (look.began_at - look.proves_before),
            n_rows=look.n_rows, batch=look.batch, arrival=arrival, names=look.names,
        ))  # fmt: skip


def _remember(look: Look) -> None:
    """Keep a look; several of one feed and day are one, of which a list's latest state counts."""
    row = Look.objects.filter(feed_code=look.feed_code, day=look.day).first()
    if row is None:
        look.save()
        return
    row.began_at, row.proves_before = min(row.began_at, look.began_at), min(row.proves_before, look.proves_before)
    if look.names:
        row.names, row.batch, row.arrival, row.n_rows = look.names, look.batch, look.arrival, look.n_rows
    elif row.arrival_id != look.arrival_id:
        row.n_rows += look.n_rows
    row.is_weighed = False
    row.save()


def _began(first: datetime | None, name: str, received_at: datetime) -> datetime:
    """Return when a look began: by its earliest row, else on the day its name says, else when it arrived."""
    if first is not None:
        return min(first, received_at)
    named = _DAY.search(re.split(r"[/!]", name)[-1])
    try:
        day = date(*map(int, named.groups())) if named else received_at.date()
    except ValueError:
        day = received_at.date()
    return min(datetime(day.year, day.month, day.day, tzinfo=UTC), received_at)
