"""What the front page shows: the loop, what needs a person now, what happens by itself, what happened last.

Every figure leads to exactly its rows. Counts stop at a bound: beyond it the page says `more than`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tocsin.base.tenancy import Viewer
from tocsin.base.web.templatetags.kit import figure
from tocsin.base.web.words import WORDS
from tocsin.constituency import queries as constituency
from tocsin.constituency.models import Organization
from tocsin.core.severity import RANK, SEVERITIES
from tocsin.findings import queries as findings
from tocsin.intake import queries as intake
from tocsin.intake.models import AlarmKind
from tocsin.notices import queries
from tocsin.notices.models import State

STEPS: Final = {
    "seen": gettext_lazy("Sensors see"),
    "warned": gettext_lazy("Owner warned"),
    "in_time": gettext_lazy("Answered in time"),
    "says_fixed": gettext_lazy("Owner says fixed"),
    "verified": gettext_lazy("Sensors confirm"),
    "overdue": gettext_lazy("Overdue"),
}
AT_MOST = 1_000
"""What needs a person is counted up to this: beyond it the number does not matter any more."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the loop, where its rows are, and its share of what was seen."""

    step: str
    n: int
    url: str
    whole: int

    @property
    def label(self) -> str:
        """The name of the step."""
        return str(STEPS[self.step])

    @property
    def share(self) -> int:
        """The share in per cent, rounded; 100 only when it is all."""
        if not self.whole:
            return 0
        return min(99, round(100 * self.n / self.whole)) if self.n < self.whole else 100


def _rows(step: str, severity: str = "", organization: str = "") -> str:
    chosen = {"step": "" if step == "seen" else step, "severity": severity, "organization": organization}
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"{reverse('findings')}?{query}" if query else reverse("findings")


@dataclass(frozen=True, slots=True)
class Loop:
    """The loop in figures, whole and by severity, as counted at `at`."""

    at: datetime
    whole: list[Figure]
    by_severity: list[tuple[str, list[Figure]]]

    @property
    def flow(self) -> list[int]:
        """The steps in which a finding comes on, without what is overdue."""
        return [one.n for one in self.whole[:-1]]

    @property
    def flow_title(self) -> str:
        """What the picture of the flow says in words."""
        return ", ".join(f"{one.label}: {figure(one.n)}" for one in self.whole[:-1])


def loop(viewer: Viewer, now: datetime) -> Loop:
    """Count the loop for a viewer."""
    at, counted = findings.standing(viewer, "severity_rank", now)
    sums = {step: sum(row[step] for row in counted.values()) for step in STEPS}
    whole = [Figure(step, sums[step], _rows(step), sums["seen"]) for step in STEPS]
    rows = []
    for severity in SEVERITIES:
        if row := counted.get(RANK[severity]):
            rows.append((severity, [Figure(step, row[step], _rows(step, severity), row["seen"]) for step in STEPS]))
    return Loop(at, whole, rows)


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for a person: in words, how many, since when, and where."""

    says: str
    n: int
    since: datetime | None
    url: str
    severity: str


def needs(viewer: Viewer, now: datetime) -> list[Need]:
    """Return what needs a person of the team now, the most pressing first; for a contact, what waits for them."""
    if not viewer.sees_everything:
        unanswered = queries.notices(viewer).filter(state__in=[State.SENT, State.PARTLY_SENT], answers=None)
        return [*_need("answer", unanswered, "sent_at", _url("notices", answer="none"), "high")]
    return [
        *_need("failed", queries.notices(viewer, state=State.FAILED.value), "created_at", _url("notices", state="failed"), "critical"),
        *_need("no-contact", queries.notices(viewer, state=State.NO_CONTACT.value), "created_at", _url("notices", state="no-contact"), "critical"),
        *_alarms(viewer),
        *_need("waiting", queries.notices(viewer, state=State.WAITING.value), "created_at", _url("notices", state="waiting"), "high"),
        *_need("partly-sent", queries.notices(viewer, state=State.PARTLY_SENT.value), "created_at", _url("notices", state="partly-sent"), "high"),
        *_need("by-hand", queries.deliveries(viewer).filter(state="by-hand"), "next_attempt_at", _url("sent", state="by-hand"), "high"),
        *_claims(viewer),
        *_need("set-aside", intake.set_aside(viewer), "received_at", _url("intake"), "high"),
        *_need("unattributed", intake.groups(viewer), "first_seen", _url("unattributed"), "medium"),
        *_need("rejects", intake.reject_counts(viewer), "batch__finished_at", _url("rejects") or _url("intake"), "low"),
    ]  # fmt: skip


def _need(what: str, rows: QuerySet[Any], since: str, url: str, severity: str) -> Iterable[Need]:
    n = rows.order_by()[: AT_MOST + 1].count()
    if n:
        oldest = rows.order_by(since).values_list(since, flat=True).first() if n <= AT_MOST else None
        yield Need(_said(what, n), n, oldest, url, severity)


def _said(what: str, n: int) -> str:
    figures = {"n": figure(n) if n <= AT_MOST else _("more than %(n)s") % {"n": figure(AT_MOST)}}
    said = {
        "answer": lambda: ngettext("%(n)s notice waits for your answer", "%(n)s notices wait for your answer", n),
        "failed": lambda: ngettext("%(n)s notice could not be delivered", "%(n)s notices could not be delivered", n),
        "no-contact": lambda: ngettext("%(n)s notice has nobody to go to", "%(n)s notices have nobody to go to", n),
        "waiting": lambda: ngettext("%(n)s notice waits for approval", "%(n)s notices wait for approval", n),
        "partly-sent": lambda: ngettext(
            "%(n)s notice did not reach everybody", "%(n)s notices did not reach everybody", n
        ),
        "by-hand": lambda: ngettext(
            "%(n)s letter is to be printed, signed and carried",
            "%(n)s letters are to be printed, signed and carried",
            n,
        ),
        "not-ours": lambda: ngettext(
            "%(n)s finding is not theirs, its owner says", "%(n)s findings are not theirs, their owners say", n
        ),
        "false-positive": lambda: ngettext(
            "%(n)s finding is a false alarm, its owner says", "%(n)s findings are false alarms, their owners say", n
        ),
        "risk-accepted": lambda: ngettext(
            "%(n)s risk is accepted by its owner, if you agree",
            "%(n)s risks are accepted by their owners, if you agree",
            n,
        ),
        "set-aside": lambda: ngettext("%(n)s report could not be read", "%(n)s reports could not be read", n),
        "unattributed": lambda: ngettext("%(n)s place belongs to nobody", "%(n)s places belong to nobody", n),
        "rejects": lambda: ngettext("%(n)s file has rejected rows", "%(n)s files have rejected rows", n),
    }
    return said[what]() % figures


def _url(route: str, **query: str) -> str:
    try:
        return reverse(route) + (f"?{urlencode(query)}" if query else "")
    except NoReverseMatch:
        return ""


def _claims(viewer: Viewer) -> Iterable[Need]:
    for what in ("not-ours", "false-positive", "risk-accepted"):
        url = _url("claims", what=what) or _url("findings", owner=what)
        yield from _need(what, queries.claims(viewer).filter(what=what), "at", url, "high")


def _alarms(viewer: Viewer) -> Iterable[Need]:
    """Each alarm stands for itself: it names its feed."""
    for alarm in intake.alarms(viewer)[:20]:
        feed = alarm.feed.name if alarm.feed is not None else ""
        url = _url("feed", code=alarm.feed.code) if alarm.feed is not None else ""
        url = url or _url(_WHERE.get(alarm.kind, "feeds")) or _url("intake")
        yield Need(_alarmed(alarm.kind, feed), 1, alarm.opened_at, url, "high")


_WHERE: Final[dict[str, str]] = {AlarmKind.ESCALATION: "escalations", AlarmKind.UNANSWERED: "escalations"}


def _alarmed(kind: str, feed: str) -> str:
    said = {
        AlarmKind.FAILING: _("The feed %(feed)s cannot be collected"),
        AlarmKind.SILENT: _("The feed %(feed)s has gone silent"),
        AlarmKind.STALE: _("The feed %(feed)s serves old content"),
        AlarmKind.BEHIND: _("Collecting pauses: the pipeline is behind"),
        AlarmKind.DISK: _("Collecting pauses: the disk is nearly full"),
        AlarmKind.SET_ASIDE: _("Reports were set aside: they could not be read"),
        AlarmKind.SCHEMA: _("The published schema cannot be fetched"),
        AlarmKind.ESCALATION: _("Escalations were missed and done late, or are overdue"),
        AlarmKind.UNANSWERED: _("Warnings that nobody answers have come to the end of their plan"),
    }
    return str(said.get(AlarmKind(kind), kind)) % {"feed": feed}


@dataclass(frozen=True, slots=True)
class Coming:
    """What happens by itself, when, and where its rows are."""

    at: datetime | None
    says: str
    url: str = ""


def coming(viewer: Viewer, now: datetime) -> list[Coming]:
    """Return what happens next by itself, the soonest first."""
    soon = now + timedelta(days=1)
    found = []
    due = findings.due_between(viewer, now, soon)[: AT_MOST + 1].count()
    if due:
        said = ngettext("%(n)s deadline passes within a day", "%(n)s deadlines pass within a day", due)
        first = findings.due_between(viewer, now, soon).order_by("due_at").values_list("due_at", flat=True).first()
        found.append(Coming(first, said % {"n": figure(due)}, _url("findings", step="due_soon")))
    if viewer.sees_everything:
        found += _of_the_team(viewer, now, soon)
    return sorted(found, key=lambda one: one.at or now)


def _of_the_team(viewer: Viewer, now: datetime, soon: datetime) -> Iterable[Coming]:
    again = queries.decisions(viewer).filter(next_at__lte=soon).order_by()
    if n := again[: AT_MOST + 1].count():
        said = ngettext("%(n)s warning is looked at again: a reminder may go out", "%(n)s warnings are looked at again: reminders may go out", n)  # fmt: skip
        first = again.order_by("next_at").values_list("next_at", flat=True).first()
        yield Coming(first, said % {"n": figure(n)})
    ready = queries.deliveries(viewer).filter(state="ready").order_by()
    if n := ready[: AT_MOST + 1].count():
        first = ready.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
        said = ngettext("%(n)s message is sent", "%(n)s messages are sent", n)
        yield Coming(first, said % {"n": figure(n)}, _url("sent", state="ready"))
    for channel in queries.channels(viewer):
        yield Coming(channel.again_at, _("%(channel)s does not answer; it is tried again") % {"channel": channel.name})
    feed = intake.feeds(viewer).filter(enabled=True, due_at__isnull=False).order_by("due_at").first()
    if feed is not None:
        yield Coming(feed.due_at, _("The feed %(feed)s is collected") % {"feed": feed.name}, _url("feeds"))


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened: when, to whom, in words, and where it is told."""

    at: datetime
    says: str
    url: str
    organization: Organization | None = None


SHOWN = 8


def recently(viewer: Viewer) -> list[Happened]:
    """Return what happened last: warnings that went out, answers that came, reports that were taken in."""
    found = [
        Happened(n.sent_at or n.created_at, _("%(reference)s went out") % {"reference": n.reference}, reverse("notice", args=[n.pk]), n.organization)
        for n in queries.notices(viewer).filter(sent_at__isnull=False)[:SHOWN]
    ]  # fmt: skip
    for a in queries.answers(viewer)[:SHOWN]:
        values = {"reference": a.notice.reference, "answer": WORDS.get(a.answer, a.answer)}
        said = _("Answer to %(reference)s: %(answer)s") % values
        found.append(Happened(a.at, said, reverse("notice", args=[a.notice_id]), a.notice.organization))
    for b in intake.batches(viewer)[:SHOWN]:
        said = ngettext("Reports were taken in: %(n)s row", "Reports were taken in: %(n)s rows", b.rows)
        found.append(
            Happened(b.finished_at, said % {"n": figure(b.rows)}, _url("batch", id_=str(b.pk)) or _url("intake"))
        )
    return sorted(found, key=lambda one: one.at, reverse=True)[:SHOWN]


TONES: Final = ("late", "silent", "open", "calm")
"""How an organization stands: something is overdue; a warning has no answer; something is open; nothing is."""


@dataclass(frozen=True, slots=True)
class Place:
    """An organization of the map: how it stands, in one word and in figures."""

    organization: Organization
    tone: str
    figures: dict[str, int]


def standing(viewer: Viewer, now: datetime) -> tuple[datetime, list[Place]]:
    """Return how each organization stands, by its name."""
    at, counted = findings.standing(viewer, "organization_id", now)
    none = dict.fromkeys(findings.FIGURES, 0)
    places = []
    for organization in constituency.organizations(viewer).only("id", "name_vi", "name_en", "valid_from", "valid_to"):
        row = counted.get(organization.pk, none)
        tone = next(
            (tone for tone, name in zip(TONES, ("overdue", "unanswered", "open"), strict=False) if row[name]), "calm"
        )
        places.append(Place(organization, tone, row))
    return at, places
