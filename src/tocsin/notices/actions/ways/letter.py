"""On paper: an official letter, made and numbered here, printed, signed and carried by a person who says when."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import formats, timezone, translation
from django.utils.translation import gettext, ngettext

from tocsin.base import dialect
from tocsin.base.tenancy import SYSTEM
from tocsin.channels.handover import ByHand
from tocsin.channels.letter import marks
from tocsin.channels.letter.content import Letter, Table
from tocsin.constituency.models import Contact, Organization
from tocsin.notices import queries, render
from tocsin.notices.actions.ways.addressees import Addressee
from tocsin.notices.models import Delivery, OfficialLetter

LANGUAGE = "vi"
"""The form is an administrative one of this language."""
FORM = "vn-nd30-2020"
LISTED = 500


class OnPaper:
    """To the organization itself: it is addressed as a body, to its head, whoever that is."""

    def addressees(
        self, organization: Organization, contacts: Sequence[Contact], language: str
    ) -> list[Addressee]:  # fmt: skip
        """Return the organization."""
        return [Addressee(organization.pk, organization.name_vi, LANGUAGE)]

    def compose(self, rows: Sequence[Delivery], *, now: datetime) -> Iterable[tuple[Delivery, bytes | str]]:
        """Yield each delivery with what its letter says; the number is given when it is handed to somebody to carry."""
        said = queries.said(SYSTEM, {row.notice_id: row.notice for row in rows}.values())
        for row in rows:
            yield row, json.dumps(_content(row, said[row.notice_id]), ensure_ascii=False).encode()

    @contextmanager
    def opened(self) -> Iterator[Callable[[Delivery, bytes], str]]:
        """Open the way: a letter is numbered, and waits for a person."""
        yield _number


def _number(row: Delivery, content: bytes) -> str:
    at = row.message.made_at
    number(row, at=at)
    raise ByHand("the letter is made: print, sign and carry it, then say when it was handed over")


@transaction.atomic
def number(row: Delivery, *, at: datetime) -> OfficialLetter:
    """Return the letter of a delivery, numbered without gap or repetition within its year."""
    known = OfficialLetter.objects.filter(delivery=row).first()
    if known is not None:
        return known
    dialect.hold_until_commit("letters")
    year = timezone.localtime(at).year
    last = OfficialLetter.objects.filter(year=year).aggregate(n=Max("number"))["n"] or 0
    return OfficialLetter.objects.create(delivery=row, year=year, number=last + 1, made_at=at)


def _content(row: Delivery, said: render.Said) -> dict[str, Any]:
    """Return what the letter says, without its number and day."""
    notice = row.notice
    with translation.override(LANGUAGE):
        subject = render.headline(said, LANGUAGE)
        n = len(said.lines)
        due = formats.date_format(timezone.localtime(said.due_at), "SHORT_DATE_FORMAT")
        about = ngettext(
            "According to what sensors report, %(n)s weakness or sign of infection concerns systems of your organization:"
            " %(subject)s. The annex lists it.",
            "According to what sensors report, %(n)s weaknesses or signs of infection concern systems of your organization:"
            " %(subject)s. The annex lists them.",
            n,
        ) % {"n": n, "subject": subject}  # fmt: skip
        paragraphs = [
            about,
            gettext("Details and what to do first were sent to your contacts under the reference %(reference)s.") % {"reference": notice.reference},
            gettext("Please have it fixed by %(due)s, and let us know what was done, naming the reference above.") % {"due": due},
            gettext("If it is not yours, or fixed already, please tell us as well: then we remind you no more."),
        ]  # fmt: skip
        heading = ("TT", gettext("Where"), gettext("What"), gettext("Severity"), gettext("Seen last"))
        title = gettext("List of what was found")
        rows = [
            (str(place), f.asset, f.kind, f.severity, formats.date_format(timezone.localtime(f.last_seen), "SHORT_DATETIME_FORMAT"))
            for place, f in enumerate(said.lines[:LISTED], start=1)
        ]  # fmt: skip
    return {
        "subject": subject[:200],
        "to": [said.organization[LANGUAGE]],
        "paragraphs": paragraphs,
        "urgency": marks.urgency(notice.severity, form=FORM),
        "tlp": notice.tlp,
        "annex": {"title": title, "heading": heading, "rows": rows},
    }


def letter_of(row: Delivery, content: dict[str, Any], registered: OfficialLetter | None) -> Letter:
    """Return the letter as it is printed; before it is registered its number is left open."""
    annex = content["annex"]
    at = registered.made_at if registered is not None else datetime.now(UTC)
    name = f"{registered.number:02d}" if registered is not None else "…"
    return Letter(
        authority=settings.TOCSIN_LETTER_AUTHORITY,
        issuer=settings.TOCSIN_LETTER_ISSUER,
        number=f"{name}/{settings.TOCSIN_LETTER_CODE}",
        place=settings.TOCSIN_LETTER_PLACE,
        on=timezone.localtime(at).date(),
        subject=content["subject"],
        to=tuple(content["to"]),
        paragraphs=tuple(content["paragraphs"]),
        signer_position=settings.TOCSIN_LETTER_SIGNER.replace("\\n", "\n"),
        signer_name=settings.TOCSIN_LETTER_SIGNER_NAME,
        copies=("Như trên", "Lưu: VT"),
        urgency=content["urgency"],
        tlp=content["tlp"],
        annex=Table(annex["title"], tuple(annex["heading"]), tuple(tuple(line) for line in annex["rows"])),
    )
