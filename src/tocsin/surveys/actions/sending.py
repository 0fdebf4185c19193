"""Ask, remind, close. Asking and reminding write rows; the worker hands the mails over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Contact, Organization
from tocsin.notices import queries as notices
from tocsin.surveys import rules
from tocsin.surveys.actions.drafting import NotADraft, in_order, may_write, reached, record
from tocsin.surveys.models import Asked, Survey, SurveyMail

PORTION = 500
CHASED = 5_000
"""Organizations reminded in one transaction."""
AGAIN = timedelta(hours=4)
"""Nobody is reminded by hand again within this time."""
LOST = (SurveyMail.State.BOUNCED, SurveyMail.State.FAILED)


class NotTried(Exception):
    """As it is now it has not been handed over to any test address."""


class NobodySelected(Exception):
    """No organization is in the selection."""


class NotSent(Exception):
    """It was not sent, or is closed."""


@transaction.atomic
def send(*, survey: Survey, actor: Viewer, now: datetime, untested: bool = False) -> list[Asked]:
    """Ask everybody selected, once. Raise NotAllowed, NotADraft, NotTried, NobodySelected."""
    if not actor.may_approve:
        raise NotAllowed(actor.role.value)
    mine = Survey.objects.select_for_update().get(pk=survey.pk)
    if not mine.is_draft:
        raise NotADraft(str(survey.pk))
    if not untested and mine.state != Survey.State.TRIED:
        raise NotTried(str(survey.pk))
    to = reached(mine, now=now)
    if not to:
        raise NobodySelected(str(survey.pk))
    mine.state, mine.sent_by, mine.sent_at = Survey.State.SENT, actor.email, now
    mine.save(update_fields=["state", "sent_by", "sent_at"])
    following = notices.following(SYSTEM)
    made: list[Asked] = []
    mails: list[SurveyMail] = []
    for one in to:
        calendar = following.calendar(one.organization.pk)
        before, after = rules.before(mine.due_at, mine.remind_days, calendar), calendar.open_at(mine.due_at)
        row = Asked(
            survey=mine, organization=one.organization, asked_at=now, after_at=after if mine.remind_days else None,
            next_at=None if not mine.remind_days else before if before > now else after,
        )  # fmt: skip
        made.append(row)
        if one.contacts:
            mails.append(_mail(row, one.organization, one.contacts[0], "first", actor, now))
    Asked.objects.bulk_create(made, batch_size=PORTION)
    SurveyMail.objects.bulk_create(mails, batch_size=PORTION)
    record("survey-sent", mine, actor, now, organizations=len(made), untested=untested)
    return made


@transaction.atomic
def chase(*, now: datetime, dry_run: bool = False) -> list[Asked]:
    """Remind those silent ones whose time has come, once a step; return them. After the day it is due, the next contact."""
    due = Asked.objects.filter(survey__state=Survey.State.SENT, answered_at=None, next_at__lte=now)
    rows = due.select_related("survey", "organization").order_by("next_at", "pk")[:CHASED]
    if dry_run:
        return list(rows)
    taken = list(due.select_for_update(of=("self",)).select_related("survey", "organization").order_by("next_at", "pk")[:CHASED])  # fmt: skip
    late = {row.pk for row in taken if row.after_at is not None and now >= row.after_at}
    reminded = _remind(taken, {row.pk: "after" if row.pk in late else "before" for row in taken}, SYSTEM, now)
    for row in taken:
        row.next_at = None if row.pk in late else row.after_at
    Asked.objects.bulk_update(taken, ["next_at"], batch_size=PORTION)
    by_survey: dict[Survey, int] = {}
    for row in reminded:
        by_survey[row.survey] = by_survey.get(row.survey, 0) + 1
    for survey, n in by_survey.items():
        record("survey-chased", survey, SYSTEM, now, organizations=n)
    return reminded


@transaction.atomic
def remind(*, survey: Survey, organizations: Collection[str] | None, actor: Viewer, now: datetime, dry_run: bool = False) -> list[Asked]:  # fmt: skip
    """Remind those of these that are silent (None: all) now; return them. Who got a mail within four hours is left in peace.

    Raise NotAllowed, NotSent.
    """
    may_write(actor)
    if Survey.objects.select_for_update().get(pk=survey.pk).state != Survey.State.SENT:
        raise NotSent(str(survey.pk))
    silent = Asked.objects.filter(survey=survey, answered_at=None)
    if organizations is not None:
        silent = silent.filter(organization__in=organizations)
    recent = Q(state=SurveyMail.State.READY) | Q(sent_at__gt=now - AGAIN)
    fresh = SurveyMail.objects.filter(recent, asked__survey=survey).values("asked")
    rows = list(silent.exclude(pk__in=fresh).select_related("survey", "organization").order_by("organization_id"))
    if dry_run:
        return rows
    counts: dict[object, int] = {}
    for id_ in SurveyMail.objects.filter(asked__in=[row.pk for row in rows]).values_list("asked", flat=True):
        counts[id_] = counts.get(id_, 0) + 1
    found = _remind(rows, {row.pk: f"hand-{counts.get(row.pk, 0) + 1}" for row in rows}, actor, now)
    record("survey-chased", survey, actor, now, organizations=len(found))
    return found


@transaction.atomic
def close(*, survey: Survey, actor: Viewer, now: datetime) -> None:
    """Take no answers any more, and remind nobody. Raise NotAllowed, NotSent."""
    may_write(actor)
    mine = Survey.objects.filter(pk=survey.pk, state=Survey.State.SENT)
    if not mine.update(state=Survey.State.CLOSED, closed_by=actor.email, closed_at=now):
        raise NotSent(str(survey.pk))
    Asked.objects.filter(survey=survey).update(next_at=None)
    waiting = SurveyMail.objects.filter(asked__survey=survey, state=SurveyMail.State.READY)
    waiting.update(state=SurveyMail.State.UNNEEDED)
    record("survey-closed", survey, actor, now)


def _remind(rows: Sequence[Asked], steps: dict[object, str], actor: Viewer, now: datetime) -> list[Asked]:
    """Write the mails of one step; return those in which there is somebody to remind."""
    people = constituency.contacts_of(SYSTEM, [row.organization_id for row in rows], now.date())
    told: dict[object, list[SurveyMail]] = {}
    for mail in SurveyMail.objects.filter(asked__in=[row.pk for row in rows]).order_by("pk"):
        told.setdefault(mail.asked_id, []).append(mail)
    made: list[SurveyMail] = []
    reminded = []
    for row in rows:
        step = steps[row.pk]
        to = next_of(in_order(people.get(row.organization_id, [])), told.get(row.pk, []), onwards=step == "after")
        if to is None or any(mail.step == step for mail in told.get(row.pk, [])):
            continue
        # Whoever hears of it for the first time late is told that it is due, not asked anew.
        made.append(_mail(row, row.organization, to, step, actor, now))
        reminded.append(row)
    SurveyMail.objects.bulk_create(made, batch_size=PORTION)
    return reminded


def next_of(contacts: Sequence[Contact], told: Sequence[SurveyMail], *, onwards: bool) -> Contact | None:
    """Return who is told next: whoever was told last and can be reached, or, `onwards`, somebody who was not told yet."""
    lost = {mail.recipient.lower() for mail in told if mail.state in LOST}
    alive = [one for one in contacts if one.email.lower() not in lost]
    before = {mail.recipient.lower() for mail in told}
    fresh = [one for one in alive if one.email.lower() not in before]
    if onwards and fresh:
        return fresh[0]
    last = [one for mail in reversed(told) for one in alive if one.email.lower() == mail.recipient.lower()]
    return next(iter([*last, *fresh]), None)


def _mail(row: Asked, organization: Organization, contact: Contact, step: str, actor: Viewer, now: datetime) -> SurveyMail:  # fmt: skip
    language = (contact.language or organization.language or "vi")[:2]
    return SurveyMail(
        asked=row, step=step, contact=contact, recipient=contact.email, name=contact.name, language=language if language in {"vi", "en"} else "vi",
        by=actor.email, created_at=now, not_before=now,
    )  # fmt: skip


@transaction.atomic
def go_on(*, mail: SurveyMail, now: datetime) -> SurveyMail | None:
    """Tell the next contact where a mail did not arrive; return that mail, None where nobody is left."""
    row = Asked.objects.select_for_update(of=("self",)).select_related("organization", "survey").get(pk=mail.asked_id)
    if row.answered_at is not None or row.survey.state != Survey.State.SENT:
        return None
    people = constituency.contacts_of(SYSTEM, [row.organization_id], now.date()).get(row.organization_id, [])
    told = list(SurveyMail.objects.filter(asked=row).order_by("pk"))
    to = next_of(in_order(people), told, onwards=True)
    if to is None or to.email.lower() in {one.recipient.lower() for one in told}:
        return None
    made = _mail(row, row.organization, to, f"instead-{len(told) + 1}", SYSTEM, now)
    made.save(force_insert=True)
    return made
