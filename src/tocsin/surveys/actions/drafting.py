"""Write a survey down, look at it, try it on test addresses; nothing goes to an organization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from email.policy import SMTP
from email.utils import make_msgid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import SYSTEM, NotAllowed, Viewer
from tocsin.channels.email import addresses, send
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Contact, Organization
from tocsin.core import tlp
from tocsin.surveys import letters, rules
from tocsin.surveys.models import Survey

TESTED_AT_ONCE = 20
KEPT_TESTS = 100
DRAFTS = (Survey.State.DRAFT, Survey.State.TRIED)


class BadSurvey(Exception):
    """Something of it is missing or cannot be; `field` says what."""

    def __init__(self, field: str, says: str) -> None:
        super().__init__(f"{field}: {says}")
        self.field, self.says = field, says


class NotADraft(Exception):
    """It was sent or given up: it does not change any more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a survey asks, whom, and until when. `questions`: documents of kind, vi, en, options, required."""

    title_vi: str
    title_en: str
    questions: Sequence[Mapping[str, Any]]
    selection: constituency.Selection
    due_on: date
    text_vi: str = ""
    text_en: str = ""
    tlp: str = "TLP:AMBER"
    remind_days: int = 3


@dataclass(frozen=True, slots=True)
class Reached:
    """An organization that would be asked, and its contacts in the order in which they are told."""

    organization: Organization
    contacts: list[Contact]


@transaction.atomic
def draft(*, wanted: Wanted, actor: Viewer, now: datetime) -> Survey:
    """Write a survey down. Raise NotAllowed, BadSurvey."""
    may_write(actor)
    made = Survey.objects.create(made_by=actor.email, made_at=now, changed_at=now, **_values(wanted, now))
    record("survey-drafted", made, actor, now)
    return made


@transaction.atomic
def redraft(*, survey: Survey, wanted: Wanted, actor: Viewer, now: datetime) -> None:
    """Change a draft: it must be tried again before it goes out. Raise NotAllowed, BadSurvey, NotADraft."""
    may_write(actor)
    mine = Survey.objects.filter(pk=survey.pk, state__in=DRAFTS)
    if not mine.update(changed_at=now, state=Survey.State.DRAFT, **_values(wanted, now)):
        raise NotADraft(str(survey.pk))
    record("survey-changed", survey, actor, now)


@transaction.atomic
def drop(*, survey: Survey, actor: Viewer, now: datetime) -> None:
    """Give a draft up; it is kept as it was. Raise NotAllowed, NotADraft."""
    may_write(actor)
    if not Survey.objects.filter(pk=survey.pk, state__in=DRAFTS).update(state=Survey.State.DROPPED, changed_at=now):
        raise NotADraft(str(survey.pk))
    record("survey-dropped", survey, actor, now)


def reached(survey: Survey, *, now: datetime) -> list[Reached]:
    """Return who would be asked now; perhaps an organization without anybody to ask."""
    chosen = constituency.selected(SYSTEM, constituency.Selection.of(survey.selection), now.date())
    contacts = constituency.contacts_of(SYSTEM, [row.pk for row in chosen], now.date())
    return [Reached(row, in_order(contacts.get(row.pk, []))) for row in chosen]


def in_order(contacts: Sequence[Contact]) -> list[Contact]:
    """Return contacts in the order in which they are told, each address once: those for security, the others, the head."""
    unique: dict[str, Contact] = {}
    for contact in sorted(contacts, key=lambda one: (("head" in one.roles), ("security" not in one.roles))):
        unique.setdefault(contact.email.lower(), contact)
    return list(unique.values())


def rendered(survey: Survey, language: str, *, organization: Organization | None = None, step: str = "first", test: bool = False) -> tuple[str, str]:  # fmt: skip
    """Return subject and text as they read in a language; the link that answers is left out."""
    name = organization.name_in(language) if organization is not None else "…"
    link = f"{settings.TOCSIN_BASE_URL}/questions/…/"
    return letters.said(survey, language, step=step, organization=name, link=link, test=test)


def test(*, survey: Survey, to: Sequence[str], actor: Viewer, now: datetime) -> list[dict[str, str]]:
    """Hand it over to test addresses, in both languages, marked; return what came of each. Raise NotAllowed, NotADraft, BadSurvey."""
    may_write(actor)
    if survey.state not in DRAFTS:
        raise NotADraft(str(survey.pk))
    recipients = list(dict.fromkeys(address.strip().lower() for address in to if address.strip()))
    if not 0 < len(recipients) <= TESTED_AT_ONCE:
        raise BadSurvey("to", f"from 1 to {TESTED_AT_ONCE} addresses")
    outcomes = [_try(survey, address, actor, now) for address in recipients]
    with transaction.atomic():
        mine = Survey.objects.select_for_update().get(pk=survey.pk)
        mine.tests = [*mine.tests, *outcomes][-KEPT_TESTS:]
        # One that was changed meanwhile is not tried as it is now.
        if mine.state == Survey.State.DRAFT and mine.changed_at == survey.changed_at:
            mine.state = Survey.State.TRIED if any(one["state"] == "handed-over" for one in outcomes) else mine.state
        mine.save(update_fields=["tests", "state"])
        record("survey-tested", mine, actor, now, to=recipients)
    survey.tests, survey.state = mine.tests, mine.state
    return outcomes


def _try(survey: Survey, address: str, actor: Viewer, now: datetime) -> dict[str, str]:
    outcome = {"to": address, "at": now.isoformat(), "by": actor.email, "state": "handed-over"}
    try:
        sender = addresses.sender(settings.TOCSIN_EMAIL_FROM)[1]
        with send.opened(settings.TOCSIN_EMAIL_URL, Path(settings.TOCSIN_HOME) / "outbox") as way:
            for language in ("vi", "en"):
                subject, text = rendered(survey, language, test=True)
                found = letters.message(addresses.plain(address), "", subject, text, language, survey.tlp, now=now)
                found["Message-ID"] = make_msgid(domain=letters.domain())
                outcome["says"] = way.send(found.as_bytes(policy=SMTP), sender=sender, recipient=address)[:500]
    except (send.NotHandedOver, send.Unavailable, send.BadUrl, addresses.BadAddress) as error:
        return outcome | {"state": "failed", "says": str(error)[:500]}
    return outcome


def _values(wanted: Wanted, now: datetime) -> dict[str, object]:
    names = ("title_vi", "title_en", "text_vi", "text_en")
    texts = {name: getattr(wanted, name).replace("\0", "").strip() for name in names}
    for name, text in texts.items():
        if name.startswith("title") and not text:
            raise BadSurvey(name, "it is empty")
        if name.startswith("title") and "\n" in text:
            raise BadSurvey(name, "one line")
        if len(text) > (200 if name.startswith("title") else 20_000):
            raise BadSurvey(name, "it is too long")
    if wanted.tlp not in tlp.LABELS:
        raise BadSurvey("tlp", f"none of {', '.join(tlp.LABELS)}")
    if wanted.due_on < timezone.localdate(now):
        raise BadSurvey("due_on", "that day is over")
    if not 0 <= wanted.remind_days <= 30:
        raise BadSurvey("remind_days", "from 0 to 30")
    try:
        asked = rules.questions(wanted.questions)
    except rules.BadQuestion as error:
        raise BadSurvey("questions", f"{error.place}: {error.says}") from error
    return {
        **texts, "questions": [one.kept() for one in asked], "selection": asdict(wanted.selection), "tlp": wanted.tlp, "due_on": wanted.due_on,
        "due_at": rules.due(wanted.due_on, timezone.get_default_timezone()), "remind_days": wanted.remind_days,
    }  # fmt: skip


def may_write(actor: Viewer) -> None:
    """Raise NotAllowed unless the actor may change things of the team."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)


def record(action: str, survey: Survey, actor: Viewer, now: datetime, **detail: object) -> None:
    """Write the audit trail."""
    audit.record(
        actor=actor, action=action, object_kind="survey", object_id=str(survey.pk), now=now,
        detail={"title": survey.title_vi, **detail},
    )  # fmt: skip
