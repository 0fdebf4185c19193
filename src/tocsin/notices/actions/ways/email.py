"""By e-mail: the first way, and the one that everybody has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from tocsin.base.tenancy import SYSTEM
from tocsin.channels.email import addresses, message, send
from tocsin.constituency.models import Contact, Organization
from tocsin.notices import links, queries, render
from tocsin.notices.actions.ways.addressees import Addressee
from tocsin.notices.models import Delivery


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
        threads = _threads(rows)
        for row in rows:
            let_go_at = row.notice.approved_at or row.notice.created_at
            rendered = render.render(
                said[row.notice_id],
                language=row.language,
                answer_url=links.link(row.pk, let_go_at),
                link_until=let_go_at + links.LIVES,
            )
            letter = message.Letter(
                sender=settings.TOCSIN_EMAIL_FROM,
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
            try:
                yield row, message.build(letter)
            except addresses.BadAddress as error:
                yield row, str(error)

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


def _threads(rows: Sequence[Delivery]) -> dict[tuple[UUID | None, str], tuple[str, ...]]:
    """Return the Message-ID under which each recipient got the first notice of the same matter."""
    firsts = {row.notice.follows_id for row in rows if row.notice.follows_id is not None}
    found = Delivery.objects.filter(notice__in=firsts, state="handed-over", channel="email", to_team=False)
    return (
        {
            (notice, recipient): (message_id,)
            for notice, recipient, message_id in found.values_list("notice_id", "recipient", "message_id")
        }
        if firsts
        else {}
    )
