"""Mails in a mailbox: each whole, once; marked or moved only when its bytes are kept.

The UIDs above the last one that was kept are new; a changed UIDVALIDITY begins again, and what came
before is known by its checksum. A mail that could not be taken (too large, its link dead) stays as it
is, is tried again at every visit, and keeps the feed's alarm open; the others are not held up by it.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from tocsin.collectors.failures import NotCollected, TooMuch
from tocsin.collectors.guard import host_allowed
from tocsin.collectors.http.fetch import fetch
from tocsin.collectors.imap import client as imap
from tocsin.collectors.imap.links import host, links
from tocsin.collectors.way import Found, Memory, Place, Way

LARGEST = 256 << 20
"""Bytes of one mail: it is held in memory while it is read."""
GOODBYE = 5.0
"""Seconds to sign off: nothing depends on it."""


def collect(place: Place, memory: Memory, now: datetime) -> Generator[Found, None, None]:
    """Yield the mails that are new, and what the links of those lead to that hold nothing else. Raise NotCollected."""
    address = imap.parsed(place.address)
    limits = replace(place.limits, size=min(place.limits.size, LARGEST))
    try:
        client = imap.Client(address, place.guard, limits)
        mailbox = imap.Mailbox(client)
    except imap.FAILURES as error:
        raise imap.failure(address.host, error) from error
    try:
        yield from _mails(client, mailbox, address, replace(place, limits=limits), memory)
    except imap.FAILURES as error:
        raise imap.failure(address.host, error) from error
    finally:
        with suppress(NotCollected, *imap.FAILURES):
            client.hurry(GOODBYE)
            mailbox.logout()
        client.shutdown()


def _mails(
    client: imap.Client, mailbox: imap.Mailbox, address: imap.Address, place: Place, memory: Memory
) -> Iterator[Found]:
    validity = mailbox.enter(place.user, place.secret, address.folder)
    if memory.get("uidvalidity") != validity:
        memory.clear()
        memory.update(uidvalidity=validity, last_uid=0, left=[])
    left: list[int] = list(memory["left"])
    failures: list[NotCollected] = []
    for uid in [*left, *mailbox.after(memory["last_uid"])]:
        client.hurry()
        try:
            kept = yield from _mail(mailbox, address, place, uid)
        except NotCollected as error:
            if error.reason in {"too-slow", "cut-short", "unreachable"} and not isinstance(error, _LinkFailed):
                raise  # the mailbox itself: the rest would fare no better
            failures.append(error)
            kept = False
        if kept and uid in memory["left"]:
            memory["left"] = [other for other in memory["left"] if other != uid]
        elif not kept and uid not in memory["left"]:
            memory["left"] = [*memory["left"], uid]
        memory["last_uid"] = max(memory["last_uid"], uid)
    if failures:
        raise failures[0]


class _LinkFailed(NotCollected):
    """What a mail links to could not be had."""


def _mail(mailbox: imap.Mailbox, address: imap.Address, place: Place, uid: int) -> Generator[Found, None, bool]:
    """Yield a mail, after what it links to; the generator's value tells whether it is done with."""
    label = f"{address.folder}-{uid}.eml"
    size = mailbox.size(uid)
    if size is None:
        return True
    if size > place.limits.size:
        raise TooMuch("too-large", f"message {uid} has {size} bytes; {place.limits.size} are allowed")
    read = mailbox.message(uid)
    if read is None:
        return True
    content, received = read
    allowed = [link for link in links(content) if host_allowed(host(link), place.link_hosts)]
    for link in allowed:
        try:
            with fetch(link, guard=place.guard, limits=place.limits, schemes=("https",)) as answer:
                found = Found(answer.name, answer.content, received)
                yield found
        except NotCollected as error:
            raise _LinkFailed(error.reason, f"message {uid}, its link: {error.detail}") from error
        if not found.kept:
            return False
    found = Found(label, io.BytesIO(content), received, is_report=not allowed)
    yield found
    if found.kept:
        mailbox.settle(uid, place.move_to)
    return found.kept


WAY = Way(collect, lambda address, _: imap.parsed(address))
