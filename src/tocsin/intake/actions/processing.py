"""Process what waits: one batch at a time, the first tried first, and no bad file twice in good company."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import Error as DatabaseError
from django.db.models import F, Q, QuerySet

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import NotAllowed, Viewer
from tocsin.intake.actions import reading
from tocsin.intake.actions.taking import Folded, process
from tocsin.intake.models import Arrival
from tocsin.intake.rules import collecting as rules

log = logging.getLogger(__name__)
DIED = "process-died"
FAILED = "cannot-be-processed"


def pending(now: datetime) -> QuerySet[Arrival]:
    """Return what waits for the worker: what a command holds for itself only once its time has passed."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    return Arrival.objects.filter(free, batch=None, set_aside="").order_by("n_attempts", "received_at", "pk")


def process_next(*, now: datetime, fold: Any) -> Folded | None:
    """Take the next batch of what waits through stops two to four; None when nothing waits.

    An arrival that makes the pipeline fail is tried in ever smaller company, at last alone, and then set aside
    with its reason. What the disk or the database did is nobody's fault, and raises.
    """
    first = pending(now).select_related("feed").first()
    if first is None:
        return None
    if rules.hopeless(n_attempts=first.n_attempts, failed=bool(first.detail)):
        _set_aside(first, FAILED if first.detail else DIED)
        return Folded.nothing()
    chosen = _company(first, now)
    rows = Arrival.objects.filter(pk__in=[arrival.pk for arrival in chosen])
    # Counted before it is tried: a file that kills the process must not do so for ever.
    rows.update(n_attempts=F("n_attempts") + 1)
    try:
        return process(arrivals=chosen, now=now, fold=fold)
    except (OSError, DatabaseError, KeyboardInterrupt, SystemExit):
        rows.update(n_attempts=F("n_attempts") - 1)
        raise
    except BaseException as error:  # a panic of the frame library is no Exception
        log.exception("a batch of %s could not be processed", first.name)
        rows.update(detail=f"{type(error).__name__}: {error}"[:2000])
        return Folded.nothing()


def _company(first: Arrival, now: datetime) -> list[Arrival]:
    """Return the arrivals that share a batch with the first: read the same way, tried as often, within the bytes."""
    most = rules.group(first.n_attempts)
    wanted = reading.key(first)
    chosen: list[Arrival] = []
    size = 0
    for arrival in pending(now).filter(feed=first.feed_id, n_attempts=first.n_attempts)[:most]:
        if reading.key(arrival) != wanted:
            continue
        size += arrival.size
        if chosen and size > rules.BATCH_BYTES:
            break
        chosen.append(arrival)
    return chosen or [first]


def _set_aside(arrival: Arrival, reason: str) -> None:
    Arrival.objects.filter(pk=arrival.pk, batch=None).update(set_aside=reason)
    log.error("set aside: %s (%s)", arrival.name, arrival.detail or reason)


class NotSetAside(Exception):
    """The arrival is not set aside."""


def retry(*, arrival: Arrival, actor: Viewer, now: datetime) -> None:
    """Let an arrival that was set aside be processed again. Raise NotAllowed, NotSetAside."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    rows = Arrival.objects.filter(pk=arrival.pk, batch=None, set_aside__in=[DIED, FAILED])
    if not rows.update(set_aside="", n_attempts=0, detail=""):
        raise NotSetAside(arrival.name)
    audit.record(actor=actor, action="arrival-retried", object_kind="arrival", object_id=arrival.sha256, now=now)
