"""Write a notice out: subject, plain text, HTML and the table of details, in the language of the recipient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import groupby
from typing import Any

from django.template.loader import render_to_string
from django.utils import formats, timezone, translation
from django.utils.translation import gettext

from tocsin.base.web.templatetags.words import because
from tocsin.channels.email import message
from tocsin.notices import texts

SHOWN = 20
"""Findings of a kind that the mail itself lists; the table has all."""


@dataclass(frozen=True, slots=True)
class Line:
    """A finding as the notice tells it."""

    asset: str
    kind: str
    type: str
    severity: str
    severity_rank: int
    what: str
    first_seen: datetime
    last_seen: datetime
    count: int
    ports: Sequence[int]
    because: str


@dataclass(frozen=True)
class Said:
    """What a notice says, whoever reads it."""

    reference: str
    tlp: str
    organization: Mapping[str, str]
    """Its name by language."""
    reason: str
    due_at: datetime
    lines: Sequence[Line] = field(repr=False)
    reasons: Mapping[str, str]
    """Why it speaks of a kind, by kind."""
    base_url: str
    before: tuple[str, datetime] | None = None
    """Reference and time of the first notice of the same matter."""

    @cached_property
    def details(self) -> bytes:
        """The table of all findings, the same in every language."""
        return message.table(
            ["asset", "kind", "status", "severity", "first_seen_utc", "last_seen_utc", "count", "ports", "because"],
            (
                (f.asset, f.kind, f.what, f.severity, f"{f.first_seen:%Y-%m-%d %H:%M:%S}", f"{f.last_seen:%Y-%m-%d %H:%M:%S}",
                 f.count, " ".join(map(str, f.ports)), f.because)
                for f in self.lines
            ),
        )  # fmt: skip

    @property
    def resolved(self) -> bool:
        """Whether it says that all is gone."""
        return self.reason == "all-resolved"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A notice as it is sent."""

    subject: str
    text: str
    html: str
    details: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """A finding in words of the language that is active."""

    where: str
    seen: str
    because: str


@dataclass(frozen=True, slots=True)
class Section:
    """The findings of one kind, with what is said about them."""

    text: texts.Text
    kind: str
    intro: str
    """What this notice adds to what was said before; empty: it is the first."""
    resolved: bool
    rows: list[Row]
    more: int


def sections(lines: Iterable[Line], reasons: Mapping[str, str], language: str) -> list[Section]:
    """Return the findings by kind, the gravest kind first; in it what is new first."""
    by_kind = sorted(lines, key=lambda f: (f.kind, -f.severity_rank, _NEWEST[f.what], f.asset))
    found = [(kind, list(rows)) for kind, rows in groupby(by_kind, key=lambda f: f.kind)]
    found.sort(key=lambda pair: -max(f.severity_rank for f in pair[1]))
    intros = _intros()
    return [
        Section(
            texts.about(kind, rows[0].type, language),
            kind,
            intros.get(reasons.get(kind, ""), ""),
            reasons.get(kind) == "all-resolved",
            [_row(f, language) for f in rows[:SHOWN]],
            max(0, len(rows) - SHOWN),
        )
        for kind, rows in found
    ]


_NEWEST = {"worse": 0, "back": 1, "new": 2, "still": 3, "gone": 4}


def _intros() -> dict[str, str]:
    return {
        "new-assets": gettext("It was found in further places."),
        "worse": gettext("It is graver than we told you."),
        "back": gettext("It had gone, and is seen again."),
        "seen-again": gettext("You told us that it is fixed; sensors still see it."),
        "reminder-due": gettext("This is a reminder: it is still seen."),
        "all-resolved": gettext(
            "Sensors no longer see what we warned you of. Thank you. There is nothing more to do; should it come back,"
            " we write again."
        ),
    }


def _row(f: Line, language: str) -> Row:
    where = f.asset
    if f.ports:
        ports = ", ".join(map(str, f.ports))
        where = gettext("%(asset)s, port %(ports)s") % {"asset": f.asset, "ports": ports}
    seen = gettext("seen from %(start)s to %(end)s") % {
        "start": _moment(f.first_seen, language),
        "end": _moment(f.last_seen, language),
    }
    return Row(where, seen, gettext("yours because: %(because)s") % {"because": because(f.because)})


@lru_cache(maxsize=20_000)
def _moment(at: datetime, language: str) -> str:
    """Return an instant as this language writes it. Formatting one takes long, and many findings share theirs."""
    with translation.override(language):
        return str(formats.date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT"))


def context(said: Said, language: str) -> dict[str, Any]:
    """Return what the mail and the answer page show, in the language that is active."""
    before = said.before
    return {
        "said": said,
        "organization": said.organization[language],
        "sections": sections(said.lines, said.reasons, language),
        "due": _moment(said.due_at, language),
        "due_day": _day(said.due_at),
        "zone": f"UTC{timezone.localtime(said.due_at):%z}"[:6],
        "sharing": sharing(said.tlp),
        "language": language,
        "before": before
        and gettext("We first wrote to you about this on %(day)s (%(reference)s).")
        % {"reference": before[0], "day": _day(before[1])},
    }


def _day(at: datetime) -> str:
    return str(formats.date_format(timezone.localtime(at), "SHORT_DATE_FORMAT"))


def render(said: Said, *, language: str, answer_url: str, link_until: datetime) -> Rendered:
    """Render for one recipient; `answer_url` is theirs alone and works until `link_until`."""
    with translation.override(language):
        found = context(said, language) | {"answer_url": answer_url, "link_until": _day(link_until)}
        return Rendered(
            f"[{said.tlp}] [{said.reference}] {_subject(said, found['sections'])}",
            render_to_string("notices/mail.txt", found),
            render_to_string("notices/mail.html", found),
            said.details,
        )


def _subject(said: Said, parts: Sequence[Section]) -> str:
    title = parts[0].text.title if parts else said.reference
    if said.resolved:
        return gettext("No longer seen: %(title)s") % {"title": title}
    if said.reason == "reminder-due":
        return gettext("Reminder: %(title)s") % {"title": title}
    return title


def sharing(tlp: str) -> str:
    """Return what a TLP 2.0 label allows, in one sentence."""
    return {
        "TLP:CLEAR": gettext("It may be shared with everybody."),
        "TLP:GREEN": gettext("It may be shared within your community, and not published."),
        "TLP:AMBER": gettext("It may be shared within your organization and with those who run its systems."),
        "TLP:AMBER+STRICT": gettext("It may be shared within your organization only."),
        "TLP:RED": gettext("It is for you alone: do not pass it on."),
    }.get(tlp, "")
