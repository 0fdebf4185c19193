"""By chat and by webhook: to the rooms and programs that an organization, or the team for it, has named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import formats, timezone, translation
from django.utils.translation import gettext, ngettext

from tocsin.base.identifiers import uuid7
from tocsin.base.tenancy import SYSTEM
from tocsin.channels.handover import NotHandedOver
from tocsin.constituency.models import Contact, Organization
from tocsin.notices import links, queries, render
from tocsin.notices.actions.ways.addressees import Addressee
from tocsin.notices.models import Delivery
from tocsin.reach import actions as reach
from tocsin.reach import queries as reached
from tocsin.reach.models import Endpoint

LISTED = 1_000
"""Findings that a webhook's document lists; `n_findings` says how many there are, the API has all."""
SECRETIVE = {"TLP:RED", "TLP:AMBER+STRICT"}
"""What is marked so is not told in a room of somebody else's: only that there is something, and where."""


def name_of(endpoint: Endpoint) -> str:
    """Return what people see of an endpoint."""
    return f"{endpoint.service} {endpoint.shown}".strip()


@dataclass(frozen=True, slots=True)
class Endpoints:
    """One of the channels that endpoints are of."""

    channel: str

    def addressees(
        self, organization: Organization, contacts: Sequence[Contact], language: str
    ) -> list[Addressee]:  # fmt: skip
        """Return the organization's endpoints of this channel, and those of these contacts."""
        rows = reached.endpoints(SYSTEM).filter(organization=organization, channel=self.channel)
        asked = {contact.pk for contact in contacts}
        return [
            Addressee(str(row.pk), name_of(row), language[:2], row.contact_id)
            for row in rows
            if row.contact_id is None or row.contact_id in asked
        ]

    def compose(self, rows: Sequence[Delivery], *, now: datetime) -> Iterable[tuple[Delivery, bytes | str]]:
        """Yield each delivery with its document: what programs read, and the text for a room."""
        said = queries.said(SYSTEM, {row.notice_id: row.notice for row in rows}.values())
        for row in rows:
            document = _document(row, said[row.notice_id])
            yield row, json.dumps(document, ensure_ascii=False, default=str).encode()

    @contextmanager
    def opened(self) -> Iterator[Callable[[Delivery, bytes], str]]:
        """Open the way. Each endpoint is another's server: one that is away holds up no other."""
        yield _hand_over


def _hand_over(row: Delivery, content: bytes) -> str:
    endpoint = reached.endpoints(SYSTEM).filter(pk=UUID(row.recipient)).first()
    if endpoint is None:
        raise NotHandedOver("the endpoint was removed", permanent=True, failure="removed")
    document = json.loads(content)
    text = document.pop("text")
    parcel = reach.Parcel(str(row.pk), "notice", document["subject"], text, document)
    # The receiver compares the signed instant with its own clock: it is that of the attempt, whatever `now` is lived.
    return reach.hand_over(endpoint=endpoint, parcel=parcel, now=datetime.now(UTC))


def _document(row: Delivery, said: render.Said) -> dict[str, Any]:
    notice = row.notice
    let_go_at = notice.approved_at or notice.created_at
    answer_url = links.link(row.pk, let_go_at)
    rendered = render.headline(said, row.language)
    return {
        "event": "notice",
        "id": str(notice.pk),
        "reference": notice.reference,
        "organization": notice.organization_id,
        "tlp": notice.tlp,
        "severity": notice.severity,
        "reason": notice.reason,
        "language": row.language,
        "subject": rendered,
        "created_at": notice.created_at.isoformat(),
        "due_at": notice.due_at.isoformat(),
        "n_findings": len(said.lines),
        "findings": [
            {
                "asset": f.asset, "kind": f.kind, "type": f.type, "severity": f.severity, "status": f.what, "count": f.count,
                "first_seen": f.first_seen.isoformat(), "last_seen": f.last_seen.isoformat(), "ports": list(f.ports), "because": f.because,
            }
            for f in said.lines[:LISTED]
        ],
        "url": f"{settings.TOCSIN_BASE_URL}/notices/{notice.pk}/",
        "answer_url": answer_url,
        "text": _text(row, said, rendered, answer_url),
    }  # fmt: skip


def _text(row: Delivery, said: render.Said, subject: str, answer_url: str) -> str:
    """Return the few lines for a room: no address of any machine stands in them."""
    with translation.override(row.language):
        n = len(said.lines)
        if said.tlp in SECRETIVE:
            about = gettext("There is a new warning for your organization. What it says may not be told here.")
        else:
            about = f"{subject}\n" + ngettext("It is about %(n)s finding.", "It is about %(n)s findings.", n) % {"n": n}
        due = formats.date_format(timezone.localtime(said.due_at), "SHORT_DATETIME_FORMAT")
        lines = [f"{said.tlp} · {said.reference}", about]
        if not said.resolved:
            lines.append(gettext("Please fix it by %(due)s.") % {"due": due})
            lines.append(gettext("Details and answer: %(link)s") % {"link": answer_url})
        return "\n".join(lines)


def companions(notices: Iterable[tuple[UUID, str, str]], *, state: str, now: datetime) -> list[Delivery]:
    """Return the rows that carry notices (identifier, organization, language) to where every notice goes beside mail."""
    rows = list(notices)
    found = reached.endpoints_always(SYSTEM, {organization for _, organization, _ in rows}) if rows else {}
    host = settings.TOCSIN_EMAIL_FROM.rsplit("@", 1)[-1].strip(" >")
    return [
        Delivery(
            id=uuid7(), notice_id=notice, channel=endpoint.channel, recipient=str(endpoint.pk), name=name_of(endpoint),
            contact_id=endpoint.contact_id, language=language[:2], state=state, message_id=f"<{notice.hex}.{endpoint.pk.hex}@{host}>",
            next_attempt_at=now,
        )
        for notice, organization, language in rows
        for endpoint in found.get(organization, ())
    ]  # fmt: skip
