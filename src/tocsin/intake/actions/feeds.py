"""Set up feeds: add, change, switch on and off, ask for now, remove."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tocsin.base import sealed
from tocsin.base.audit import actions as audit
from tocsin.base.tenancy import NotAllowed, Role, Viewer
from tocsin.collectors import ways
from tocsin.collectors.failures import NotCollected
from tocsin.core import severity, taxonomy, tlp
from tocsin.feeds import recognize
from tocsin.feeds.mapped.parse import faults
from tocsin.intake.actions.connecting import guard
from tocsin.intake.models import Arrival, Feed, Way
from tocsin.intake.words import WHY

Text = str | Promise
SHORTEST, LONGEST = timedelta(seconds=5), timedelta(days=31)


class BadFeed(Exception):
    """A feed cannot be like that. `problems`: field -> what is wrong with it."""

    def __init__(self, problems: Mapping[str, Text]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in problems.items()))
        self.problems = dict(problems)


class StillPending(Exception):
    """The feed is being collected, or arrivals of it wait to be processed the way it says."""


@dataclass(frozen=True, slots=True)
class FeedValues:
    """What an administrator says of a feed. `secret` None leaves the one that is kept."""

    code: str
    way: str
    name: str = ""
    provider: str = ""
    address: str = ""
    user: str = ""
    secret: str | None = field(default=None, repr=False)
    link_hosts: tuple[str, ...] = ()
    move_to: str = ""
    interval: timedelta = timedelta(hours=1)
    format: str = ""
    mapping: dict[str, Any] | None = None
    schema: str = ""
    window: timedelta = timedelta(0)
    classification_type: str = ""
    classification_identifier: str = ""
    severity: str = ""
    accuracy: float | None = None
    tlp: str = ""
    silent_after: timedelta | None = None
    stale_after: timedelta | None = None


PLAIN = [f.name for f in fields(FeedValues) if f.name not in {"secret", "link_hosts"}]


def values_of(feed: Feed) -> FeedValues:
    """Return what was said of a feed; never its secret."""
    return FeedValues(**{name: getattr(feed, name) for name in PLAIN}, link_hosts=tuple(feed.link_hosts))


def problems(values: FeedValues, feed: Feed | None = None) -> dict[str, Text]:
    """Return what is wrong, by field, in sentences; empty when nothing is."""
    found: dict[str, Text] = {}
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", values.code):
        found["code"] = _("Use lower-case letters, digits and hyphens, at most 64.")
    elif values.code == "new":
        found["code"] = _("“new” is the address of the page that adds feeds; choose another code.")
    elif Feed.objects.filter(code=values.code).exclude(code=feed.code if feed else "").exists():
        found["code"] = _("There is a feed with this code already.")
    if values.way not in {way.value for way in Way}:
        found["way"] = _("There is no such way in.")
    elif values.way == Way.PUSH and values.address:
        found["address"] = _("Reports that are pushed have no address to fetch.")
    elif values.way != Way.PUSH:
        try:
            ways.check(values.way, values.address, guard())
        except NotCollected as error:
            found["address"] = WHY[error.reason]
    if values.way == Way.IMAP and not values.user:
        found["user"] = _("A mailbox is signed in to with a user.")
    if not SHORTEST <= values.interval <= LONGEST:
        found["interval"] = _("Between five seconds and 31 days.")
    if not timedelta(0) <= values.window <= timedelta(days=366):
        found["window"] = _("Between nothing and 366 days.")
    for name in ("silent_after", "stale_after"):
        if (limit := getattr(values, name)) is not None and limit <= timedelta(0):
            found[name] = _("Longer than nothing; leave it empty for no alarm.")
    if values.format and recognize.by_name(values.format) is None:
        found["format"] = _("There is no such format.")
    if values.mapping is not None and (wrong := faults(values.mapping)):
        found["mapping"] = _("The mapping has a fault: %(fault)s") % {"fault": wrong[0]}
    elif values.format == "mapped" and values.mapping is None:
        found["mapping"] = _("The format “mapped” needs a mapping.")
    if values.classification_type and values.classification_type not in taxonomy.TYPES:
        found["classification_type"] = _("RSIT has no such type.")
    if values.severity and values.severity not in severity.SEVERITIES:
        found["severity"] = _("There is no such severity.")
    if values.tlp and values.tlp not in tlp.LABELS:
        found["tlp"] = _("TLP 2.0 has no such label.")
    if values.accuracy is not None and not 0 <= values.accuracy <= 100:
        found["accuracy"] = _("Between 0 and 100.")
    return found


@transaction.atomic
def add(*, values: FeedValues, actor: Viewer, now: datetime) -> Feed:
    """Add a feed; it is collected at once. Raise NotAllowed, BadFeed."""
    _administrators(actor)
    if wrong := problems(values):
        raise BadFeed(wrong)
    feed = Feed(created_at=now, created_by=actor.email, expected_since=now)
    _write(feed, values, actor, now)
    audit.record(
        actor=actor, action="feed-added", object_kind="feed", object_id=feed.code, now=now, detail=_shown(values)
    )
    return feed


@transaction.atomic
def change(*, feed: Feed, values: FeedValues, actor: Viewer, now: datetime) -> Feed:
    """Change a feed; it is collected at once, from the beginning where its address changed. Raise NotAllowed, BadFeed."""
    _administrators(actor)
    if wrong := problems(values, feed):
        raise BadFeed(wrong)
    before = values_of(feed)
    changed = [name for name in (*PLAIN, "link_hosts") if getattr(before, name) != getattr(values, name)]
    if {"way", "address", "user"} & set(changed):
        feed.memory = {}
    _write(feed, values, actor, now)
    detail = {name: _shown(values)[name] for name in changed} | ({"secret": "new"} if values.secret else {})
    audit.record(actor=actor, action="feed-changed", object_kind="feed", object_id=feed.code, now=now, detail=detail)
    return feed


def _write(feed: Feed, values: FeedValues, actor: Viewer, now: datetime) -> None:
    for name in PLAIN:
        setattr(feed, name, getattr(values, name))
    feed.name = values.name or values.code
    feed.link_hosts = list(values.link_hosts)
    if values.secret is not None:
        feed.secret = sealed.seal(values.secret)
    feed.changed_at, feed.changed_by = now, actor.email
    feed.due_at = now if feed.enabled and feed.way != Way.PUSH else None
    feed.n_failures, feed.reason, feed.detail = 0, "", ""
    feed.save()


def _shown(values: FeedValues) -> dict[str, Any]:
    return {name: getattr(values, name) for name in (*PLAIN, "link_hosts")}


@transaction.atomic
def enable(*, feed: Feed, actor: Viewer, now: datetime, on: bool = True) -> None:
    """Switch a feed on or off. Raise NotAllowed."""
    _administrators(actor)
    due = now if on and feed.way != Way.PUSH else None
    changed = Feed.objects.filter(pk=feed.pk).exclude(enabled=on)
    if changed.update(enabled=on, due_at=due, expected_since=now, changed_at=now, changed_by=actor.email):
        action = "feed-enabled" if on else "feed-disabled"
        audit.record(actor=actor, action=action, object_kind="feed", object_id=feed.code, now=now)


class NotCollectable(Exception):
    """The feed is switched off, or its reports are pushed."""


@transaction.atomic
def ask(*, feed: Feed, actor: Viewer, now: datetime) -> None:
    """Have a feed collected at once. Raise NotAllowed, NotCollectable."""
    if not actor.may_write:
        raise NotAllowed(actor.role.value)
    if not Feed.objects.filter(pk=feed.pk, enabled=True).exclude(way=Way.PUSH).update(due_at=now):
        raise NotCollectable(feed.code)
    audit.record(actor=actor, action="feed-asked", object_kind="feed", object_id=feed.code, now=now)


@transaction.atomic
def remove(*, feed: Feed, actor: Viewer, now: datetime) -> None:
    """Remove a feed; what came by it stays. Raise NotAllowed, StillPending."""
    _administrators(actor)
    pending = Arrival.objects.filter(feed=feed, batch=None, set_aside="").count()
    if pending:
        raise StillPending(f"{pending} arrivals of {feed.code} wait to be processed the way it says")
    if Feed.objects.filter(pk=feed.pk, claimed_until__gt=now).exists():
        raise StillPending(f"{feed.code} is being collected at this moment")
    audit.record(actor=actor, action="feed-removed", object_kind="feed", object_id=feed.code, now=now)
    feed.delete()


def _administrators(actor: Viewer) -> None:
    if actor.role != Role.ADMINISTRATOR:
        raise NotAllowed(actor.role.value)
