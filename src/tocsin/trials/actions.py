"""Make, register, start and end trials; assign by lot; report. Nothing here runs unless somebody of the team started a trial."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from tocsin.base.audit import actions as audit
from tocsin.base.audit.actions import Act
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.findings import actions as findings
from tocsin.findings.models import Finding, Owner, Sensor
from tocsin.trials import queries
from tocsin.trials.models import Assignment, Enrolled, Trial
from tocsin.trials.rules.design import BadDesign, digest, read

SEVEREST_RANK = 4
"""High: what is graver takes part in no trial."""


class NotNow(Exception):
    """The trial is in a state in which this cannot be done; the message says which."""


@transaction.atomic
def create(*, design: Mapping[str, Any], actor: Viewer, now: datetime) -> Trial:
    """Keep a draft. Raise BadDesign, NotAllowed."""
    _may(actor)
    plan = read(design)
    made = Trial.objects.create(name=plan.name, design=plan.as_json(), created_by=actor.email, created_at=now)
    _record("trial-drafted", made, actor, now, {"name": plan.name})
    return made


@transaction.atomic
def change(*, id_: UUID, design: Mapping[str, Any], actor: Viewer, now: datetime) -> Trial:
    """Replace the design of a draft. Raise BadDesign, NotNow, NotAllowed, Trial.DoesNotExist."""
    trial = _locked(id_, actor, Trial.State.DRAFT)
    plan = read(design)
    trial.name, trial.design = plan.name, plan.as_json()
    trial.save(update_fields=["name", "design"])
    _record("trial-changed", trial, actor, now, {"name": plan.name})
    return trial


@transaction.atomic
def drop(*, id_: UUID, actor: Viewer, now: datetime) -> None:
    """Drop a draft. Raise NotNow, NotAllowed, Trial.DoesNotExist."""
    trial = _locked(id_, actor, Trial.State.DRAFT)
    _record("trial-dropped", trial, actor, now, {"name": trial.name})
    trial.delete()


@transaction.atomic
def register(*, id_: UUID, actor: Viewer, now: datetime) -> Trial:
    """Freeze what will be compared, and draw the seed of the lot; the hash of both goes into the audit chain.

    Raise BadDesign where the leadership's agreement is missing or the last day is over; NotNow, NotAllowed.
    """
    trial = _locked(id_, actor, Trial.State.DRAFT)
    plan = trial.plan
    if not plan.agreed_by or plan.agreed_on is None:
        raise BadDesign("agreed_by", "missing")
    if plan.agreed_on > timezone.localtime(now).date():
        raise BadDesign("agreed_on", "in-future")
    if trial.closes_at <= now:
        raise BadDesign("ends_on", "over")
    trial.seed = secrets.token_hex(32)
    trial.sha256 = digest(trial.design, trial.seed)
    trial.state, trial.registered_by, trial.registered_at = Trial.State.REGISTERED, actor.email, now
    trial.save()
    seed = hashlib.sha256(trial.seed.encode()).hexdigest()
    detail = {"name": plan.name, "sha256": trial.sha256, "seed_sha256": seed, "agreed_by": plan.agreed_by}
    _record("trial-registered", trial, actor, now, detail)
    return trial


@transaction.atomic
def start(*, id_: UUID, actor: Viewer, now: datetime) -> Trial:
    """Let findings enter, from its first day on. Raise NotNow, NotAllowed, Trial.DoesNotExist."""
    trial = _locked(id_, actor, Trial.State.REGISTERED)
    if not trial.holds or trial.closes_at <= now:
        raise NotNow("changed" if not trial.holds else "over")
    trial.state, trial.started_by, trial.started_at = Trial.State.RUNNING, actor.email, now
    trial.save(update_fields=["state", "started_by", "started_at"])
    _record("trial-started", trial, actor, now, {"name": trial.name, "sha256": trial.sha256})
    return trial


@transaction.atomic
def stop(*, id_: UUID, because: str, actor: Viewer, now: datetime) -> Trial:
    """End a trial before its last day: whoever waits is told in the next round. Raise NotNow, NotAllowed, ValueError."""
    trial = _locked(id_, actor, Trial.State.RUNNING)
    if not because.strip():
        raise ValueError("say why it is stopped")
    trial.state, trial.ended_at = Trial.State.ENDED, now
    trial.stopped_by, trial.stopped_because = actor.email, because.strip()[:1000]
    trial.save(update_fields=["state", "ended_at", "stopped_by", "stopped_because"])
    waiting = Assignment.objects.filter(trial=trial, waits_until__gt=now, left_at=None)
    findings.note_news(set(waiting.values_list("organization_id", "kind")))
    _record("trial-stopped", trial, actor, now, {"name": trial.name, "because": trial.stopped_because})
    return trial


@transaction.atomic
def close(*, now: datetime) -> int:
    """End the trials whose last day is over; return how many. Whoever waits keeps the day that the lot gave."""
    over = [row for row in Trial.objects.filter(state=Trial.State.RUNNING) if row.closes_at <= now]
    for trial in over:
        trial.state, trial.ended_at = Trial.State.ENDED, trial.closes_at
        trial.save(update_fields=["state", "ended_at"])
        _record("trial-ended", trial, SYSTEM, now, {"name": trial.name})
    return len(over)


@transaction.atomic
def report(*, id_: UUID, actor: Viewer, now: datetime) -> Trial:
    """Count what came of it. From the planned instant on this is the registered analysis, kept for ever; before, a look.

    Every look before is counted and recorded, and the last is kept. Raise NotNow, NotAllowed, Trial.DoesNotExist.
    """
    trial = _locked(id_, actor, Trial.State.RUNNING, Trial.State.ENDED)
    final = trial.state == Trial.State.ENDED and now >= trial.analysis_at
    found = queries.measured(SYSTEM, trial, trial.analysis_at if final else now)
    if not final:
        trial.interim, trial.n_looks = found, trial.n_looks + 1
        trial.save(update_fields=["interim", "n_looks"])
        _record("trial-looked", trial, actor, now, {"name": trial.name, "looks": trial.n_looks})
        return trial
    trial.state, trial.report, trial.report_sha256 = Trial.State.REPORTED, found, checksum(found)
    trial.reported_by, trial.reported_at = actor.email, now
    trial.save(update_fields=["state", "report", "report_sha256", "reported_by", "reported_at"])
    _record("trial-reported", trial, actor, now, {"name": trial.name, "sha256": trial.report_sha256})
    return trial


def checksum(found: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a report: the same wherever it is read from."""
    text = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the lot gives a unit that is decided about for the first time."""

    trial: UUID
    organization_id: str
    kind: str
    network: str
    arm: int
    lowest_rank: int
    waits_until: datetime | None


def assign(*, drawn: Sequence[Drawn], now: datetime) -> None:
    """Write down what the lot gave, and which findings take part. The caller's transaction makes it true.

    Call it before anything is remembered as told: what takes part is what nobody has been told of.
    """
    if not drawn:
        return
    rows = [
        Assignment(
            trial_id=one.trial, organization_id=one.organization_id, kind=one.kind, network=one.network, arm=one.arm,
            lowest_rank=one.lowest_rank, at=now, waits_until=one.waits_until,
        )
        for one in drawn
    ]  # fmt: skip
    made = Assignment.objects.bulk_create(rows, batch_size=500)
    quote = connection.ops.quote_name
    tables = [quote(model._meta.db_table) for model in (Enrolled, Assignment, Finding)]  # noqa: SLF001 - Django's public-by-use API
    with connection.cursor() as cursor:
        for begin in range(0, len(made), 500):
            ids = [row.pk for row in made[begin : begin + 500]]
            places = ", ".join(["%s"] * len(ids))
            cursor.execute(_ENROL.format(*tables, ids=places), [SEVEREST_RANK, Sensor.GONE.value, *_SETTLED, *ids])


_SETTLED = (Owner.NOT_OURS.value, Owner.FALSE_POSITIVE.value, Owner.RISK_ACCEPTED.value)
_ENROL = """
INSERT INTO {0} (assignment_id, finding_id, severity_rank)
SELECT a.id, f.id, f.severity_rank FROM {1} a JOIN {2} f ON f.organization_id = a.organization_id AND f.kind = a.kind
WHERE f.told_at IS NULL AND f.moved_at IS NULL AND (f.declined_rank IS NULL OR f.declined_rank < f.severity_rank)
  AND f.severity_rank >= a.lowest_rank AND f.severity_rank <= %s AND f.sensor <> %s AND f.owner NOT IN (%s, %s, %s)
  AND (a.network = '' OR a.network = f.because) AND a.id IN ({ids})
  AND NOT EXISTS (SELECT 1 FROM {0} e WHERE e.finding_id = f.id)
"""


def leave(*, ids: Sequence[int], now: datetime) -> None:
    """Note that these assignments wait no longer: one of their findings has become critical."""
    Assignment.objects.filter(pk__in=ids, left_at=None).update(left_at=now)


def _may(actor: Viewer) -> None:
    if not (actor.may_approve and actor.sees_everything):
        raise NotAllowed(actor.role.value)


def _locked(id_: UUID, actor: Viewer, *states: Trial.State) -> Trial:
    _may(actor)
    trial = Trial.objects.select_for_update().get(pk=id_)
    if trial.state not in states:
        raise NotNow(trial.state)
    return trial


def _record(action: str, trial: Trial, actor: Viewer, now: datetime, detail: dict[str, Any]) -> None:
    audit.record_all(actor=actor, acts=[Act(action, "trial", str(trial.pk), detail)], now=now)
