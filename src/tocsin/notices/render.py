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
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext

from tocsin.base.web.templatetags.words import because
from tocsin.base.web.words import WORDS
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
    told_severity: str = ""
    """As how grave it was told before; empty: it was not."""
    exploited: bool = False
    """Whether its weakness was known to be exploited when the notice was made."""


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
    nth_reminder: int = 0
    """Which reminder of its matter it is; 0: none."""
    emergency: Mapping[str, tuple[str, str]] | None = None
    """Title and text by language, where it brings a one-shot warning and tells no findings."""
    added: Mapping[str, str] | None = None
    """A paragraph before the findings, by language."""
    sender: str = ""
    """The name before the team's address, where it is not the usual one."""
    test: bool = False
    """Whether it is only tried on somebody of the team."""

    @cached_property
    def details(self) -> bytes:
        """The table of all findings, the same in every language; empty where it tells none."""
        if not self.lines:
            return b""
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
    changed: str = ""
    """What is different from what was told before."""


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

    @property
    def listed(self) -> str:
        """The rows as lines of a plain text. Made here: a template walks slowly, and most of a mail is its list."""
        return "".join(
            f"- {row.where}\n  {row.seen}\n  {row.because}\n" + (f"  {row.changed}\n" if row.changed else "")
            for row in self.rows
        )

    @property
    def listed_html(self) -> str:
        """The rows as items of a list, everything in them escaped."""
        return format_html_join(
            "",
            "<li><b>{}</b><br>{}<br>{}{}</li>\n",
            (
                (row.where, row.seen, row.because, format_html("<br><b>{}</b>", row.changed) if row.changed else "")
                for row in self.rows
            ),
        )


def sections(lines: Iterable[Line], reasons: Mapping[str, str], language: str, nth_reminder: int = 0) -> list[Section]:
    """Return the findings by kind, the gravest kind first; in it what is new first."""
    by_kind = sorted(lines, key=lambda f: (f.kind, -f.severity_rank, _NEWEST[f.what], f.asset))
    found = [(kind, list(rows)) for kind, rows in groupby(by_kind, key=lambda f: f.kind)]
    found.sort(key=lambda pair: -max(f.severity_rank for f in pair[1]))
    intros, phrases = _intros(nth_reminder), _Phrases()
    return [
        Section(
            texts.about(kind, rows[0].type, language),
            kind,
            intros.get(reasons.get(kind, ""), ""),
            reasons.get(kind) == "all-resolved",
            [_row(f, language, phrases) for f in rows[:SHOWN]],
            max(0, len(rows) - SHOWN),
        )
        for kind, rows in found
    ]


_NEWEST = {"worse": 0, "back": 1, "new": 2, "still": 3, "gone": 4}


def _intros(nth_reminder: int) -> dict[str, str]:
    reminder = gettext("This is a reminder: it is still seen.")
    if nth_reminder > 1:
        reminder = gettext("This is reminder number %(n)s: it is still seen.") % {"n": nth_reminder}
    return {
        "new-assets": gettext("It was found in further places."),
        "worse": gettext("It is graver than we told you."),
        "back": gettext("It had gone, and is seen again."),
        "seen-again": gettext("You told us that it is fixed; sensors still see it."),
        "reminder-due": reminder,
        "all-resolved": gettext(
            "Sensors no longer see what we warned you of. Thank you. There is nothing more to do; should it come back,"
            " we write again."
        ),
    }


class _Phrases:
    """What the rows of a notice say alike, looked up once, in the language that is active."""

    def __init__(self) -> None:
        self.where = gettext("%(asset)s, port %(ports)s")
        self.seen = gettext("seen from %(start)s to %(end)s")
        self.because = gettext("yours because: %(because)s")


def _row(f: Line, language: str, phrases: _Phrases) -> Row:
    where = f.asset
    if f.ports:
        where = phrases.where % {"asset": f.asset, "ports": ", ".join(map(str, f.ports))}
    seen = phrases.seen % {"start": _moment(f.first_seen, language), "end": _moment(f.last_seen, language)}
    changed = ""
    if f.what == "worse" and f.told_severity:
        words = {"before": WORDS[f.told_severity], "now": WORDS[f.severity]}
        changed = gettext("its severity was %(before)s and is now %(now)s") % words
    if f.exploited:
        known = gettext("attackers are known to exploit it")
        changed = f"{changed}; {known}" if changed else known
    return Row(where, seen, phrases.because % {"because": because(f.because)}, changed)


def _moment(at: datetime, language: str) -> str:
    """Return an instant as this language writes it, to the minute."""
    return _minute(at.replace(second=0, microsecond=0), language)


@lru_cache(maxsize=20_000)
def _minute(at: datetime, language: str) -> str:
    # Writing one out takes long, and many findings share theirs.
    with translation.override(language):
        return str(formats.date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT"))


@dataclass(frozen=True, slots=True)
class To:
    """What differs for one recipient: whether they were told of the matter before, and since when nobody answers."""

    told_before: bool = True
    unanswered_since: datetime | None = None
    """Set for somebody who is told only because nobody answered: when the notice first went out."""


def context(said: Said, language: str, to: To | None = None) -> dict[str, Any]:
    """Return what the mail and the answer page show, in the language that is active."""
    to = to or To()
    # A reminder reminds those who were told; to anybody else it is the first they hear of it.
    first_heard = said.nth_reminder > 0 and not to.told_before
    reasons = {kind: "" if first_heard and why == "reminder-due" else why for kind, why in said.reasons.items()}
    return {
        "said": said,
        "organization": said.organization[language],
        "sections": sections(said.lines, reasons, language, said.nth_reminder),
        "due": _moment(said.due_at, language),
        "due_day": _day(said.due_at),
        "zone": f"UTC{timezone.localtime(said.due_at):%z}"[:6],
        "sharing": sharing(said.tlp),
        "language": language,
        "before": _before(said, to),
        "reminds": said.nth_reminder > 0 and not first_heard,
        "added": said.added[language] if said.added else "",
        "urgent": said.emergency and said.emergency[language],
    }


def _before(said: Said, to: To) -> str:
    if to.unanswered_since is not None:
        return gettext(
            "We wrote to your organization about this on %(day)s and have had no answer. That is why we now write to you."
        ) % {"day": _day(to.unanswered_since)}
    if said.before is None:
        return ""
    words = {"reference": said.before[0], "day": _day(said.before[1])}
    if to.told_before:
        return gettext("We first wrote to you about this on %(day)s (%(reference)s).") % words
    return gettext("We first wrote to your organization about this on %(day)s (%(reference)s).") % words


def _day(at: datetime) -> str:
    return str(formats.date_format(timezone.localtime(at), "SHORT_DATE_FORMAT"))


def render(said: Said, *, language: str, answer_url: str, link_until: datetime, to: To | None = None) -> Rendered:
    """Render for one recipient; `answer_url` is theirs alone and works until `link_until`."""
    with translation.override(language):
        found = context(said, language, to) | {"answer_url": answer_url, "link_until": _day(link_until)}
        return Rendered(
            f"[{said.tlp}] [{said.reference}] {_subject(said, found)}",
            render_to_string("notices/mail.txt", found),
            render_to_string("notices/mail.html", found),
            said.details,
        )


def _subject(said: Said, found: Mapping[str, Any]) -> str:
    parts: Sequence[Section] = found["sections"]
    title = parts[0].text.title if parts else said.reference
    if said.emergency is not None:
        words = {"title": said.emergency[found["language"]][0]}
        return (
            gettext("TEST of an emergency warning: %(title)s") % words
            if said.test
            else gettext("URGENT: %(title)s") % words
        )
    if said.resolved:
        return gettext("No longer seen: %(title)s") % {"title": title}
    if not found["reminds"]:
        return title
    if said.nth_reminder > 1:
        return gettext("Reminder %(n)s: %(title)s") % {"n": said.nth_reminder, "title": title}
    return gettext("Reminder: %(title)s") % {"title": title}


def headline(said: Said, language: str) -> str:
    """Return what a notice is about, in one line of a language."""
    with translation.override(language):
        return _subject(said, context(said, language))


def sharing(tlp: str) -> str:
    """Return what a TLP 2.0 label allows, in one sentence."""
    return {
        "TLP:CLEAR": gettext("It may be shared with everybody."),
        "TLP:GREEN": gettext("It may be shared within your community, and not published."),
        "TLP:AMBER": gettext("It may be shared within your organization and with those who run its systems."),
        "TLP:AMBER+STRICT": gettext("It may be shared within your organization only."),
        "TLP:RED": gettext("It is for you alone: do not pass it on."),
    }.get(tlp, "")


@dataclass(frozen=True, slots=True)
class ForTeam:
    """What the team's duty officer is told of a notice that nobody answers."""

    said: Said
    severity: str
    sent_at: datetime | None
    told: Sequence[tuple[str, str, str]]
    """Name, address and state of whom it went to."""
    people: Sequence[tuple[str, str, str]]
    """Name, telephone and address of the organization's contacts."""
    letter_due: bool
    url: str
    unreached: int = 0
    """How many notices have nobody to go to, when it is about one of them."""


def for_team(told: ForTeam, *, language: str) -> Rendered:
    """Render what the duty officer reads; there is nothing to answer in it."""
    with translation.override(language):
        organization = told.said.organization[language]
        found = {
            "told": told,
            "said": told.said,
            "organization": organization,
            "severity": WORDS[told.severity],
            "sent": _moment(told.sent_at, language) if told.sent_at else "–",
            "due": _moment(told.said.due_at, language),
            "states": [(name or address, address, WORDS.get(state, state)) for name, address, state in told.told],
            "language": language,
        }
        words = {"organization": organization}
        subject = (
            gettext("Nobody to warn: %(organization)s") % words
            if told.unreached
            else gettext("An official letter is due: %(organization)s") % words
            if told.letter_due
            else gettext("Nobody answers: %(organization)s") % words
        )
        return Rendered(
            f"[{told.said.tlp}] [{told.said.reference}] {subject}",
            render_to_string("notices/duty.txt", found),
            render_to_string("notices/duty.html", found),
            told.said.details,
        )
