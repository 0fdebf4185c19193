"""A document at a web address, fetched again only when the server says that it changed."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime

from tocsin.collectors.http.fetch import SCHEMES, fetch, parsed
from tocsin.collectors.way import Found, Memory, Place, Way


def collect(place: Place, memory: Memory, now: datetime) -> Generator[Found, None, None]:
    """Yield the document if it changed since it was last kept. Raise NotCollected."""
    known = {"If-None-Match": memory.get("etag"), "If-Modified-Since": memory.get("last_modified")}
    asked = {name: value for name, value in known.items() if value}
    with fetch(
        place.address, guard=place.guard, limits=place.limits, headers=asked, user=place.user, secret=place.secret
    ) as answer:
        if answer.status != 200:
            return
        found = Found(answer.name, answer.content, answer.changed_at)
        yield found
        if found.kept:
            memory["etag"] = answer.headers.get("etag")
            memory["last_modified"] = answer.headers.get("last-modified")


WAY = Way(collect, lambda address, _: parsed(address.replace("{secret}", ""), SCHEMES))
