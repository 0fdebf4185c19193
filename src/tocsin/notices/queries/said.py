"""What notices say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from tocsin.base.tenancy import SYSTEM, Viewer, scoped
from tocsin.notices import render, rules, texts
from tocsin.notices.models import (
    Notice,
    NoticeFinding,
)
from tocsin.trials import queries as trials
from tocsin.trials.rules.design import Arm


def said(viewer: Viewer, notices: Iterable[Notice]) -> dict[UUID, render.Said]:
    """Return what notices say, as it was written down when they were made. Organizations are there already."""
    rows = list(notices)
    lines: dict[UUID, list[render.Line]] = {row.pk: [] for row in rows}
    made_at = {row.pk: row.created_at for row in rows}
    # What turned out to be somebody else's before the notice went out is not told; what was told stays told.
    moved = Q(finding__moved_at__isnull=False, notice__sent_at=None)
    told = scoped(NoticeFinding.objects.filter(~moved, notice__in=rows), viewer, "notice__organization_id")
    for notice, *values in told.values_list("notice_id", *_LINE).iterator(chunk_size=2000):
        *told_then, exploited_at = values
        exploited = exploited_at is not None and exploited_at <= made_at[notice]
        line = render.Line(*told_then)
        lines[notice].append(replace(line, exploited=True) if exploited else line)
    firsts = Notice.objects.in_bulk({row.follows_id for row in rows if row.follows_id is not None})
    nth = _reminders(rows)
    arms = trials.arms(SYSTEM, [row.trial_id for row in rows])
    added = {row.pk: arms[row.trial_id][row.arm or 0] for row in rows if row.trial_id in arms}
    return {
        row.pk: _said(row, lines[row.pk], firsts.get(row.follows_id), nth.get(row.pk, 0), added.get(row.pk))
        for row in rows
    }


def _reminders(rows: Iterable[Notice]) -> dict[UUID, int]:
    """Return which reminder of its matter each of these notices is, of those that are one."""
    firsts = {row.follows_id for row in rows if row.reason == rules.Reason.REMINDER_DUE and row.follows_id}
    if not firsts:
        return {}
    every = Notice.objects.filter(follows__in=firsts, reason=rules.Reason.REMINDER_DUE, sent_at__isnull=False)
    before: dict[UUID, list[UUID]] = {}
    for first, id_ in every.order_by("pk").values_list("follows_id", "pk"):
        before.setdefault(first, []).append(id_)
    return {row.pk: 1 + sum(id_ < row.pk for id_ in before.get(row.follows_id, [])) for row in rows if row.follows_id in firsts and row.reason == rules.Reason.REMINDER_DUE}  # fmt: skip


_LINE = (
    "finding__asset", "finding__kind", "type", "severity", "severity_rank", "what", "first_seen", "last_seen", "count", "ports", "because", "told_severity",
    "finding__exploited_at",
)  # fmt: skip


def next_reminder(viewer: Viewer, first: Notice | None) -> int:
    """Return which reminder of a matter the next one is."""
    if first is None:
        return 1
    rows = scoped(Notice.objects.filter(follows=first, reason=rules.Reason.REMINDER_DUE, sent_at__isnull=False), viewer)
    return rows.count() + 1


def _said(row: Notice, lines: list[render.Line], first: Notice | None, nth: int, arm: Arm | None) -> render.Said:
    return render.Said(
        reference=row.reference,
        tlp=row.tlp,
        organization={language: row.organization.name_in(language) for language in texts.LANGUAGES},
        reason=row.reason,
        due_at=row.due_at,
        lines=lines,
        reasons={part["kind"]: part["reason"] for part in row.parts},
        base_url=settings.TOCSIN_BASE_URL,
        before=(first.reference, first.sent_at or first.created_at) if first is not None else None,
        nth_reminder=nth,
        added={"vi": arm.text_vi, "en": arm.text_en} if arm is not None and arm.text_vi else None,
        sender=arm.sender if arm is not None else "",
        emergency=row.emergency.texts if row.emergency is not None else None,
    )
