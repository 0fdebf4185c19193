"""How the installation does, in the text format of Prometheus (version 0.0.4): figures only, nothing about anybody.

One scrape costs a few milliseconds: what must be counted is counted at most twice a minute, findings are
taken from the worker's own stock, and the rest is read from indexes.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tocsin import __version__
from tocsin.base.api import problems
from tocsin.base.api.door import Needs
from tocsin.base.api.scopes import Scope
from tocsin.base.tenancy import SYSTEM
from tocsin.findings import queries as findings
from tocsin.intake import queries as arrived
from tocsin.notices import queries as noticed

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
COUNTED_EVERY = 30.0
"""Seconds for which a count serves."""
WORKER = "worker"
LOOPBACK = {"127.0.0.1", "::1"}

Labels = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Family:
    """A metric: its name, what it is, and its values by labels."""

    name: str
    says: str
    kind: str = "gauge"
    values: dict[Labels, float] = field(default_factory=dict)


def one(name: str, says: str, value: float | None, kind: str = "gauge") -> Family:
    """Return a metric without labels; without a value where there is none."""
    return Family(name, says, kind, {} if value is None else {(): value})


def by(name: str, says: str, label: str, values: Mapping[str, float], kind: str = "gauge") -> Family:
    """Return a metric with one label."""
    return Family(name, says, kind, {((label, key),): value for key, value in values.items()})


def written(families: Iterable[Family]) -> str:
    """Return the metrics as text."""
    lines: list[str] = []
    for family in families:
        lines += [f"# HELP {family.name} {family.says}", f"# TYPE {family.name} {family.kind}"]
        for labels, value in family.values.items():
            inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
            lines.append(f"{family.name}{{{inside}}} {value:g}" if inside else f"{family.name} {_number(value)}")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class Kept:
    """A count that serves for a while; one thread counts, the others take what there is."""

    def __init__(self, count: Callable[[], list[Family]]) -> None:
        self._count, self._lock = count, threading.Lock()
        self._found: list[Family] = []
        self._until = 0.0

    def get(self, at: float) -> list[Family]:
        """Return the count, at most half a minute old at the instant `at`, in seconds."""
        if at >= self._until:
            with self._lock:
                if at >= self._until:
                    self._found, self._until = self._count(), at + COUNTED_EVERY
        return self._found

    def forget(self) -> None:
        """Count anew next time."""
        self._until = 0.0


def _counted() -> list[Family]:
    """Count what takes more than a look: batches, findings, notices, deliveries."""
    n_arrivals, n_bytes = arrived.volume(SYSTEM)
    rows = arrived.totals(SYSTEM)
    stock = findings.stock(SYSTEM, datetime.now(UTC))
    return [
        one("tocsin_arrivals_total", "Reports that arrived, each content once.", n_arrivals, "counter"),
        one("tocsin_arrival_bytes_total", "Bytes of the reports that arrived.", n_bytes, "counter"),
        by("tocsin_rows_total", "Rows of reports by what became of them.", "outcome",
           {name: rows[name] for name in ("events", "duplicates", "rejects")}, "counter"),
        by("tocsin_events_total", "Events by whether their owner is known.", "owner",
           {name: rows[name] for name in ("attributed", "unattributed", "ignored")}, "counter"),
        one("tocsin_batches_total", "Batches that were processed.", rows["batches"], "counter"),
        by("tocsin_findings", "Findings by severity.", "severity", stock.by_severity),
        by("tocsin_findings_by_owner", "Findings by what their owner says.", "owner", stock.by_owner),
        by("tocsin_findings_by_sensor", "Findings by what sensors see.", "sensor", stock.by_sensor),
        by("tocsin_findings_by_step", "Findings at each step of the loop.", "step", stock.by_step),
        one("tocsin_findings_counted_timestamp_seconds", "When findings were counted.", stock.at.timestamp()),
        by("tocsin_notices", "Notices by state.", "state", noticed.by_state(SYSTEM)),
        by("tocsin_deliveries", "Deliveries by state.", "state", noticed.deliveries_by_state(SYSTEM)),
    ]  # fmt: skip


kept = Kept(_counted)


def _looked(now: datetime) -> list[Family]:
    """Look at what changes from moment to moment."""
    waiting = arrived.backlog(SYSTEM)
    beaten = arrived.beaten_at(SYSTEM, WORKER)
    feeds = list(arrived.feeds(SYSTEM).only("code", "enabled", "n_failures", "last_arrival_at"))
    alarms: dict[str, float] = {}
    for alarm in arrived.alarms(SYSTEM):
        alarms[alarm.kind] = alarms.get(alarm.kind, 0) + 1
    return [
        one("tocsin_pending_arrivals", "Reports that wait to be processed.", waiting.n),
        one("tocsin_pending_bytes", "Bytes of the reports that wait.", waiting.size),
        one("tocsin_oldest_pending_seconds", "Age of the report that has waited longest; 0 when none waits.",
            (now - waiting.oldest_at).total_seconds() if waiting.oldest_at else 0),
        one("tocsin_set_aside_arrivals", "Reports that could not be processed.", arrived.set_aside(SYSTEM).count()),
        by("tocsin_feed_enabled", "Whether a feed is switched on.", "feed", {f.code: int(f.enabled) for f in feeds}),
        by("tocsin_feed_failures", "Failed collections of a feed in a row.", "feed", {f.code: f.n_failures for f in feeds}),
        by("tocsin_feed_seconds_since_arrival", "Time since a feed last brought something.", "feed",
           {f.code: (now - f.last_arrival_at).total_seconds() for f in feeds if f.last_arrival_at}),
        one("tocsin_worker_seconds_since_heartbeat", "Time since the worker last said that it is well.",
            (now - beaten).total_seconds() if beaten else None),
        by("tocsin_alarms", "Open alarms by kind.", "kind", alarms),
        one("tocsin_channels_down", "Ways out that do not answer.", noticed.channels(SYSTEM).count()),
        one("tocsin_disk_free_bytes", "Free space where the data folder is.", shutil.disk_usage(Path(settings.TOCSIN_HOME)).free),
    ]  # fmt: skip


def metrics(request: HttpRequest) -> HttpResponse:
    """For the monitoring: a token with the scope metrics:read, or, where the operator says so, anybody on this machine."""
    if not (settings.TOCSIN_METRICS_OPEN and request.META.get("REMOTE_ADDR") in LOOPBACK):
        try:
            Needs(Scope.METRICS_READ)(request)
        except problems.Problem as problem:
            return problems.answer(problem.kind, problem.detail, headers=problem.headers)
    about = Family("tocsin_info", "The version that runs.", values={(("version", __version__),): 1})
    families = [about, *_looked(datetime.now(UTC)), *kept.get(time.monotonic())]
    return HttpResponse(written(families), content_type=MEDIA_TYPE)
