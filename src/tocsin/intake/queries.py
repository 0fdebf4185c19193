"""Read what came in. It holds everybody's reports: a contact sees none of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet, Sum

from tocsin.base.tenancy import Viewer
from tocsin.constituency import queries as constituents
from tocsin.intake.models import (
    Alarm,
    Arrival,
    Batch,
    Collection,
    Dismissal,
    EventFile,
    Feed,
    Heartbeat,
    Look,
    Reject,
    RejectCount,
    ReportSchema,
    Unattributed,
    UnattributedGroup,
)
from tocsin.intake.rules import suggesting


def batches(viewer: Viewer) -> QuerySet[Batch]:
    """Return the batches, newest first."""
    rows = Batch.objects.order_by("-finished_at")
    return rows if viewer.sees_everything else rows.none()


def batches_of(viewer: Viewer, *, feed: str = "", reason: str = "") -> QuerySet[Batch]:
    """Return the batches, perhaps only those of a feed, or those that rejected rows for a reason."""
    rows = batches(viewer).select_related("feed")
    if feed:
        rows = rows.filter(feed__code=feed)
    if reason:
        rows = rows.filter(pk__in=reject_counts(viewer, reason=reason).order_by().values("batch"))
    return rows


def arrivals(viewer: Viewer) -> QuerySet[Arrival]:
    """Return the arrivals, newest first."""
    rows = Arrival.objects.order_by("-received_at", "-pk")
    return rows if viewer.sees_everything else rows.none()


def rejects(viewer: Viewer) -> QuerySet[Reject]:
    """Return the rejected rows that the database holds, the first of each file and reason; `rejected` gives all."""
    rows = Reject.objects.order_by("-pk")
    return rows if viewer.sees_everything else rows.none()


def looks(viewer: Viewer) -> QuerySet[Look]:
    """Return the looks of feeds at the constituency, the latest first."""
    rows = Look.objects.order_by("feed_code", "-day")
    return rows if viewer.sees_everything else rows.none()


def reject_counts(viewer: Viewer, *, batch: UUID | None = None, reason: str = "") -> QuerySet[RejectCount]:
    """Return how many rows each file lost for which reason, newest batch first; perhaps of one batch or reason."""
    rows = RejectCount.objects.order_by("-batch_id", "-n", "pk")
    if batch is not None:
        rows = rows.filter(batch_id=batch)
    if reason:
        rows = rows.filter(reason=reason)
    return rows if viewer.sees_everything else rows.none()


def rejected_of(viewer: Viewer, arrival: Arrival) -> dict[str, int]:
    """Return how many rows of an arrival are rejected, by reason."""
    rows = reject_counts(viewer).filter(arrival=arrival).order_by("reason").values_list("reason").annotate(n=Sum("n"))
    return dict(rows)


def rejected(viewer: Viewer, *, batch: UUID | None = None, reason: str = "") -> Iterator[dict[str, Any]]:
    """Yield every rejected row, newest batch first, read from the batches' files as a stream.

    A row that a replay took over is no longer one of its batch; what stands in the file and has no count is left out.
    """
    counted: dict[UUID, set[tuple[str, str, str]]] = {}
    for count in reject_counts(viewer, batch=batch, reason=reason):
        counted.setdefault(count.batch_id, set()).add((count.file_name, count.file_sha256, count.reason))
    for batch_id, groups in counted.items():
        with (Path(settings.TOCSIN_HOME) / f"batches/{batch_id}/rejects.ndjson").open("rb") as lines:
            for line in lines:
                row = msgspec.json.decode(line)
                if (row["file"][:1000], row["sha256"], row["reason"]) in groups:
                    yield {
                        "batch": str(batch_id), "file_name": row["file"], "file_sha256": row["sha256"], "row": row["row"],
                        "reason": row["reason"], "detail": row["detail"], "raw": row["raw"],
                    }  # fmt: skip


def event_files(viewer: Viewer) -> QuerySet[EventFile]:
    """Return the files that hold the events, each event in exactly one; paths are below the data folder."""
    rows = EventFile.objects.order_by("path")
    return rows if viewer.sees_everything else rows.none()


def groups(
    viewer: Viewer, *, dismissed: bool = False, how: str = "", search: str = ""
) -> QuerySet[UnattributedGroup]:  # fmt: skip
    """Return the places of what nobody holds, the most events first; or those that were dismissed.

    `search` is the beginning of a place, or `AS…`.
    """
    rows = UnattributedGroup.objects.filter(dismissal__isnull=not dismissed).order_by("-n_events", "value")
    if how:
        rows = rows.filter(how=how)
    if search[:2].upper() == "AS" and search[2:].isdigit():
        rows = rows.filter(Q(asn=int(search[2:])) | Q(value=f"AS{search[2:]}"))
    elif search:
        rows = rows.filter(value__startswith=search.lower())
    return rows if viewer.sees_everything else rows.none()


def group(viewer: Viewer, value: str) -> UnattributedGroup | None:
    """Return a place that something nobody holds stands in, dismissed or not."""
    rows = UnattributedGroup.objects.select_related("dismissal").filter(value=value)
    return rows.first() if viewer.sees_everything else None


def dismissals(viewer: Viewer) -> QuerySet[Dismissal]:
    """Return what was dismissed, the latest first."""
    rows = Dismissal.objects.order_by("-at", "-pk")
    return rows if viewer.sees_everything else rows.none()


def suggestions(viewer: Viewer, groups: Sequence[UnattributedGroup]) -> dict[str, list[suggesting.Suggestion]]:
    """Return who may hold each of these places, and why: three queries for all of them."""
    networks: list[suggesting.Held] = []
    domains: list[suggesting.Held] = []
    places = [group.value for group in groups if group.how == "network"]
    names = {group.value for group in groups if group.how == "domain"}
    numbers = {group.asn for group in groups if group.asn is not None}
    if places:
        near = Q(cidr__in={wider for place in places for wider in suggesting.supernets(place)})
        for beginning in {suggesting.neighbourhood(place) for place in places} - {""}:
            near |= Q(cidr__startswith=beginning)
        rows: Any = constituents.networks(viewer).filter(near)
        networks = [suggesting.Held(*row) for row in rows.values_list("cidr", *_DAYS)]
    if names:
        alike = Q(name__in={above for name in names for above in suggesting.parents(name)})
        for name in names:
            alike |= Q(name__endswith=f".{name}")
        rows = constituents.domains(viewer).filter(alike)
        domains = [suggesting.Held(*row) for row in rows.values_list("name", *_DAYS)]
    rows = constituents.asns(viewer).filter(number__in=numbers)
    asns = [suggesting.Held(f"AS{number}", *more) for number, *more in rows.values_list("number", *_DAYS)]
    return {
        group.value: suggesting.suggest(
            group.value, group.how, group.asn, networks=networks, domains=domains, asns=asns,
            first=group.first_seen.date(), last=group.last_seen.date(),
        )
        for group in groups
    }  # fmt: skip


_DAYS = ("organization_id", "valid_from", "valid_to")


def unattributed(viewer: Viewer) -> QuerySet[Unattributed]:
    """Return what nobody holds, last seen first."""
    rows = Unattributed.objects.order_by("-last_seen", "-pk")
    return rows if viewer.sees_everything else rows.none()


def feeds(viewer: Viewer) -> QuerySet[Feed]:
    """Return the feeds by their codes."""
    rows = Feed.objects.order_by("code")
    return rows if viewer.sees_everything else rows.none()


def feed_codes(viewer: Viewer, at_most: int = 500) -> list[str]:
    """Return the codes by which findings may name a feed: those set up, and those whose reports came in by hand."""
    known = set(feeds(viewer).values_list("code", flat=True))
    known |= set(looks(viewer).order_by().values_list("feed_code", flat=True).distinct())
    return sorted(known)[:at_most]


def feeds_due(viewer: Viewer, now: datetime) -> list[UUID]:
    """Return the feeds to collect now, the longest due first; those somebody collects are left out."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    return list(
        feeds(viewer).filter(free, enabled=True, due_at__lte=now).order_by("due_at").values_list("pk", flat=True)
    )


def collections(viewer: Viewer, feed: Feed) -> QuerySet[Collection]:
    """Return the visits to a feed's source that brought something or failed, newest first."""
    rows = Collection.objects.filter(feed=feed).order_by("-started_at")
    return rows if viewer.sees_everything else rows.none()


def alarms(viewer: Viewer) -> QuerySet[Alarm]:
    """Return the open alarms, oldest first."""
    rows = Alarm.objects.filter(closed_at=None).select_related("feed").order_by("opened_at", "pk")
    return rows if viewer.sees_everything else rows.none()


def pending(viewer: Viewer) -> QuerySet[Arrival]:
    """Return what waits to be processed, in the order in which it will be."""
    rows = arrivals(viewer).filter(batch=None, set_aside="")
    return rows.order_by("n_attempts", "received_at", "pk")


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be processed."""

    n: int
    size: int
    oldest_at: datetime | None


def backlog(viewer: Viewer) -> Backlog:
    """Return how much waits to be processed, and since when."""
    found = pending(viewer).order_by().aggregate(n=Count("pk"), size=Sum("size"), oldest=Min("received_at"))
    return Backlog(found["n"], found["size"] or 0, found["oldest"])


def volume(viewer: Viewer) -> tuple[int, int]:
    """Return how many reports arrived, and how many bytes they have."""
    found = arrivals(viewer).order_by().aggregate(n=Count("pk"), size=Sum("size"))
    return found["n"], found["size"] or 0


def totals(viewer: Viewer) -> dict[str, int]:
    """Return the sums over all batches: batches, events, duplicates, rejects, attributed, unattributed, ignored."""
    names = ("events", "duplicates", "rejects", "attributed", "unattributed", "ignored")
    found = batches(viewer).order_by().aggregate(batches=Count("pk"), **{name: Sum(name) for name in names})
    return {name: n or 0 for name, n in found.items()}


def set_aside(viewer: Viewer) -> QuerySet[Arrival]:
    """Return the arrivals that could not be processed, newest first; what is kept as evidence only is none of them."""
    return arrivals(viewer).filter(batch=None).exclude(set_aside__in=["", "evidence", "read"])


def unread_bounces(viewer: Viewer) -> QuerySet[Arrival]:
    """Return the mail that came back and was not read yet, oldest first: what feeds of that format brought."""
    return arrivals(viewer).filter(feed__format="bounces", set_aside="evidence").order_by("received_at", "pk")


def unread_lists(viewer: Viewer) -> QuerySet[Arrival]:
    """Return the lists of what is known to be exploited that were not read yet, oldest first."""
    mine = arrivals(viewer).filter(told__format="known_exploited", set_aside="evidence")
    return mine.select_related("feed").order_by("received_at", "pk")


def schemas(viewer: Viewer) -> QuerySet[ReportSchema]:
    """Return the published schemas in use, and how fetching them went."""
    rows = ReportSchema.objects.order_by("address")
    return rows if viewer.sees_everything else rows.none()


def beaten_at(viewer: Viewer, name: str) -> datetime | None:
    """Return when a process of the installation was last well."""
    rows = Heartbeat.objects.filter(name=name) if viewer.sees_everything else Heartbeat.objects.none()
    return rows.values_list("at", flat=True).first()


def reject_reasons(viewer: Viewer, at_most: int) -> list[dict[str, Any]]:
    """Return for how many rows each reason rejected, the most first: `reason`, `n_rows`, `n_batches`."""
    rows = reject_counts(viewer).order_by().values("reason")
    found = rows.annotate(n_rows=Sum("n"), n_batches=Count("batch", distinct=True))
    return [dict(row) for row in found.order_by("-n_rows", "reason")[:at_most]]


def waiting(viewer: Viewer) -> dict[str, Any]:
    """Return how much waits to be processed: `n` arrivals, `size` bytes, the longest since `oldest`."""
    return pending(viewer).order_by().aggregate(n=Count("pk"), size=Sum("size"), oldest=Min("received_at"))
