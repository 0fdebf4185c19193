"""By e-mail: the first way, and the one that everybody has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from email.utils import formataddr
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from tocsin.base.tenancy import SYSTEM
from tocsin.channels.email import addresses, message, send
from tocsin.channels.email.protect import Unprotected
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Contact, Organization
from tocsin.notices import links, queries, render
from tocsin.notices.actions.ways.addressees import Addressee, Unmade
from tocsin.notices.models import Delivery, Notice, State
from tocsin.reach import envelopes
from tocsin.reach import queries as reach


class EMail:
    """Mail through the installation's server, or into the built-in outbox."""

    def addressees(
        self, organization: Organization, contacts: Sequence[Contact], language: str
    ) -> list[Addressee]:  # fmt: skip
        """Return each address once, the contact that was entered first before others."""
        unique: dict[str, Addressee] = {}
        for contact in contacts:
            key = contact.email.lower()
            unique.setdefault(key, Addressee(key, contact.name, (contact.language or language)[:2], contact.pk))
        return list(unique.values())

    def compose(self, rows: Sequence[Delivery], *, now: datetime) -> Iterable[tuple[Delivery, bytes | str]]:
        """Yield each delivery with its message, or with what is wrong with its address."""
        notices = {row.notice_id: row.notice for row in rows}
        said = queries.said(SYSTEM, notices.values())
        threads, told = _threads(rows)
        team = _for_team([row for row in rows if row.to_team], said, now)
        encryptions = reach.encryptions(SYSTEM, {row.notice.organization_id for row in rows}, now)
        for row in rows:
            rendered = (
                render.for_team(team[row.pk], language=row.language)
                if row.to_team
                else self._rendered(row, said[row.notice_id], told=(row.notice.follows_id, row.recipient) in told)
            )
            letter = message.Letter(
                sender=_sender("" if row.to_team else said[row.notice_id].sender),
                recipient=row.recipient,
                name=row.name,
                subject=rendered.subject,
                text=rendered.text,
                html=rendered.html,
                language=row.language,
                message_id=row.message_id,
                tlp=row.notice.tlp,
                reference=row.notice.reference,
                sent_at=now,
                details=rendered.details,
                answers_to=threads.get((row.notice.follows_id, row.recipient), ()),
            )
            encryption = (
                encryptions.get((row.notice.organization_id, row.recipient.lower())) if not row.to_team else None
            )
            try:
                yield (
                    row,
                    envelopes.enclosed(message.build(letter), encryption, outer_subject=f"[{row.notice.reference}]"),
                )
            except addresses.BadAddress as error:
                yield row, Unmade(str(error), "bad-address")
            except envelopes.KeyExpired as error:
                yield row, Unmade(str(error), "key-expired")
            except envelopes.NoKey as error:
                yield row, Unmade(str(error), "no-key")
            except Unprotected as error:
                yield row, Unmade(str(error), "unprotected")

    def _rendered(self, row: Delivery, said: render.Said, *, told: bool) -> render.Rendered:
        let_go_at = row.notice.approved_at or row.notice.created_at
        since = row.notice.sent_at or let_go_at
        return render.render(
            said,
            language=row.language,
            answer_url=links.link(row.pk, let_go_at),
            link_until=let_go_at + links.LIVES,
            to=render.To(told_before=told, unanswered_since=since if row.step_id else None),
        )

    @contextmanager
    def opened(self) -> Iterator[Callable[[Delivery, bytes], str]]:
        """Open a connection to the mail server, or the outbox. Raise Unavailable."""
        sender = addresses.sender(settings.TOCSIN_EMAIL_FROM)[1]
        try:
            server = send.opened(settings.TOCSIN_EMAIL_URL, Path(settings.TOCSIN_HOME) / "outbox")
        except send.BadUrl as error:
            raise send.Unavailable(str(error)) from error
        with server:
            yield lambda row, content: server.send(content, sender=sender, recipient=row.recipient)


def _sender(name: str) -> str:
    """Return from whom a mail comes: always the team's address; another name before it where a trial says so."""
    return formataddr((name, addresses.sender(settings.TOCSIN_EMAIL_FROM)[1])) if name else settings.TOCSIN_EMAIL_FROM


Matter = tuple[UUID | None, str]
"""A thread, by its first notice, and one recipient of it."""


def _threads(rows: Sequence[Delivery]) -> tuple[dict[Matter, tuple[str, ...]], set[Matter]]:
    """Return the Message-ID under which each recipient got the first notice of the same matter, and who got any of it."""
    firsts = {row.notice.follows_id for row in rows if row.notice.follows_id is not None}
    if not firsts:
        return {}, set()
    thread = Q(notice__in=firsts) | Q(notice__follows__in=firsts)
    found = Delivery.objects.filter(thread, state="handed-over", to_team=False).exclude(
        notice__in={row.notice_id for row in rows}
    )
    first: dict[Matter, tuple[str, ...]] = {}
    told: set[Matter] = set()
    for notice, follows, channel, recipient, message_id in found.values_list(
        "notice_id", "notice__follows_id", "channel", "recipient", "message_id"
    ):
        told.add((follows or notice, recipient))
        if notice in firsts and channel == "email":
            first[notice, recipient] = (message_id,)
    return first, told


def _for_team(rows: Sequence[Delivery], said: Mapping[UUID, render.Said], now: datetime) -> dict[UUID, render.ForTeam]:
    """Return what the duty officer is told, by delivery."""
    if not rows:
        return {}
    people = constituency.contacts_of(SYSTEM, {row.notice.organization_id for row in rows}, now.date())
    unreached = Notice.objects.filter(state=State.NO_CONTACT).count()
    told: dict[UUID, list[tuple[str, str, str]]] = {}
    others = Delivery.objects.filter(notice__in={row.notice_id for row in rows}, to_team=False).order_by("pk")
    for notice, *one in others.values_list("notice_id", "name", "recipient", "state"):
        told.setdefault(notice, []).append((one[0], one[1], one[2]))
    return {
        row.pk: render.ForTeam(
            said=said[row.notice_id],
            severity=row.notice.severity,
            sent_at=row.notice.sent_at,
            told=told.get(row.notice_id, []),
            people=[(one.name, one.phone, one.email) for one in people.get(row.notice.organization_id, [])],
            unreached=unreached if row.step is not None and row.step.number == 0 else 0,
            letter_due=row.step is not None and row.step.channel == "letter",
            url=f"{settings.TOCSIN_BASE_URL}/notices/{row.notice_id}/",
        )
        for row in rows
    }
