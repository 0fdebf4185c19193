"""What is wrong, doubtful or worth knowing about a constituency as a whole: overlaps, gaps, nobody to tell."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from tocsin.constituency.rules.holdings import ATTRIBUTING, LISTS, ONE_DAY, Item, in_force, meet, value_of
from tocsin.core.constituency import Network, Organization

PROBLEM, WARNING, NOTE = "problem", "warning", "information"
GRADES = (PROBLEM, WARNING, NOTE)
REMARKS: dict[str, tuple[str, str]] = {
    "held-twice": (PROBLEM, "%(organization)s and %(other)s hold %(value)s on the same days"),
    "held-twice-by-one": (WARNING, "%(organization)s holds %(value)s twice on the same days"),
    "circle": (PROBLEM, "%(organization)s is above itself in the tree"),
    "no-contact": (PROBLEM, "%(organization)s holds something but has no contact: a warning has nowhere to go"),
    "no-security-contact": (WARNING, "no contact of %(organization)s has the role security: all of them are told"),
    "outside-organization": (WARNING, "%(organization)s holds %(value)s on days on which it does not exist"),
    "outside-parent": (WARNING, "%(organization)s exists on days on which %(other)s above it does not"),
    "gap": (WARNING, "between two holders, nobody held %(value)s"),
    "very-wide": (WARNING, "%(value)s of %(organization)s is so wide that it takes in what belongs to others"),
    "empty": (WARNING, "%(organization)s holds nothing and has no contact"),
    "holds-nothing": (NOTE, "%(organization)s has contacts but holds nothing: nothing can be attributed to it"),
    "ended": (NOTE, "nobody holds %(value)s any more; %(organization)s was the last"),
    "nested": (NOTE, "%(value)s of %(organization)s lies inside %(within)s of %(other)s"),
    "unused": (NOTE, "nothing was ever attributed by %(value)s of %(organization)s"),
}
"""What each remark is called, how grave it is, and its English sentence; the console has them in both languages."""
DEEPEST = 200
"""How many prefixes around one are looked at: more than there are lengths."""
WIDEST = {4: 8, 6: 19}
"""Prefixes shorter than this are rarely one organization's."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know, about an organization and perhaps a value, another organization, some days."""

    code: str
    organization: str
    value: str = ""
    other: str = ""
    within: str = ""
    from_day: date | None = None
    to_day: date | None = None

    @property
    def grade(self) -> str:
        """`problem`, `warning` or `information`."""
        return REMARKS[self.code][0]

    @property
    def sentence(self) -> str:
        """The English sentence, with its days."""
        text = REMARKS[self.code][1] % {
            "organization": self.organization, "value": self.value, "other": self.other, "within": self.within
        }  # fmt: skip
        days = f" ({self.from_day or ''} .. {self.to_day or ''})" if self.from_day or self.to_day else ""
        return text + days


class _Held(NamedTuple):
    organization: Organization
    item: Item


def review(organizations: Iterable[Organization], *, on: date, used: Collection[str] | None = None) -> list[Remark]:
    """Return every remark, the gravest first; `on` is the day that counts as today.

    `used` are the values by which something was ever attributed; without it nothing is said about use.
    """
    every = list(organizations)
    by_id = {o.id: o for o in every}
    held: dict[tuple[str, str], list[_Held]] = defaultdict(list)
    for o in every:
        for kind in ATTRIBUTING:
            for item in getattr(o, LISTS[kind]):
                held[kind, value_of(item)].append(_Held(o, item))
    found = [
        *_circles(by_id),
        *(remark for holders in held.values() for remark in _same_value(holders, on)),
        *(remark for o in every for remark in _one(o, by_id, on)),
        *_nested([h for (kind, _), holders in held.items() if kind == "network" for h in holders]),
    ]
    if used is not None:
        found += [
            Remark("unused", h.organization.id, value)
            for (kind, value), holders in held.items()
            for h in holders
            if kind == "network" and value not in used and in_force(h.item, on)
        ]
    return sorted(found, key=lambda r: (GRADES.index(r.grade), list(REMARKS).index(r.code), r.organization, r.value))


def _circles(by_id: dict[str, Organization]) -> Iterator[Remark]:
    looked_at: set[str] = set()
    for start in by_id:
        path: list[str] = []
        above: str | None = start
        while above in by_id and above not in looked_at:
            assert above is not None
            path.append(above)
            looked_at.add(above)
            above = by_id[above].parent
        if above in path:
            yield from (Remark("circle", id_) for id_ in path[path.index(above) :])


def _same_value(holders: list[_Held], on: date) -> Iterator[Remark]:
    """Look at all who ever hold one value: two at once, days between two of them, an end without a successor."""
    value = value_of(holders[0].item)
    yield from _overlaps(holders, value)
    in_order = sorted(holders, key=lambda h: h.item.valid_from or date.min)
    last = in_order[0]
    for holder in in_order[1:]:
        begins, ended = holder.item.valid_from, last.item.valid_to
        if ended is not None and begins is not None and ended + ONE_DAY < begins:
            yield Remark(
                "gap", last.organization.id, value, holder.organization.id, "", ended + ONE_DAY, begins - ONE_DAY
            )
        if ended is not None and (holder.item.valid_to is None or holder.item.valid_to > ended):
            last = holder
    if last.item.valid_to is not None and last.item.valid_to < on:
        yield Remark("ended", last.organization.id, value, from_day=last.item.valid_to + ONE_DAY)


def _overlaps(holders: list[_Held], value: str) -> Iterator[Remark]:
    """Name each holder once, with the one before that lasts longest: linear however many there are."""
    longest: dict[str, _Held] = {}
    for holder in sorted(holders, key=lambda h: (h.item.valid_from or date.min, h.organization.id)):
        id_ = holder.organization.id
        others = [h for owner, h in longest.items() if owner != id_ and meet(h.item, holder.item)]
        if id_ in longest and meet(longest[id_].item, holder.item):
            yield Remark("held-twice-by-one", id_, value, "", "", *_common(longest[id_].item, holder.item))
        if others:
            one = others[0]
            yield Remark("held-twice", one.organization.id, value, id_, "", *_common(one.item, holder.item))
        longest[id_] = max(longest.get(id_, holder), holder, key=_end)
        if len(longest) > 2:
            # The two that last longest meet whatever any other meets.
            del longest[min(longest, key=lambda owner: _end(longest[owner]))]


def _end(holder: _Held) -> date:
    return holder.item.valid_to or date.max


def _common(one: Item, other: Item) -> tuple[date | None, date | None]:
    begins = max(one.valid_from or date.min, other.valid_from or date.min)
    ends = min(one.valid_to or date.max, other.valid_to or date.max)
    return (None if begins == date.min else begins, None if ends == date.max else ends)


def _one(o: Organization, by_id: dict[str, Organization], on: date) -> Iterator[Remark]:
    items = [item for kind in ATTRIBUTING for item in getattr(o, LISTS[kind])]
    for item in items:
        if not _inside(item, o):
            yield Remark("outside-organization", o.id, value_of(item), "", "", item.valid_from, item.valid_to)
        if isinstance(item, Network):
            network = ipaddress.ip_network(item.cidr)
            if network.prefixlen < WIDEST[network.version]:
                yield Remark("very-wide", o.id, item.cidr)
    parent = by_id.get(o.parent or "")
    if parent is not None and not _inside(o, parent):
        yield Remark("outside-parent", o.id, "", parent.id, "", o.valid_from, o.valid_to)
    if not in_force(o, on):
        return
    holds = any(in_force(item, on) for item in items)
    contacts = [contact for contact in o.contacts if in_force(contact, on)]
    if not contacts:
        yield Remark("no-contact" if holds else "empty", o.id)
    elif not holds:
        yield Remark("holds-nothing", o.id)
    elif not any("security" in contact.roles for contact in contacts):
        yield Remark("no-security-contact", o.id)


def _inside(item: Item | Organization, whole: Organization) -> bool:
    return (item.valid_from or date.min) >= (whole.valid_from or date.min) and (item.valid_to or date.max) <= (
        whole.valid_to or date.max
    )


_Prefix = ipaddress.IPv4Network | ipaddress.IPv6Network


def _reaches(wider: _Prefix, network: _Prefix) -> bool:
    """Say whether the first of two prefixes in order still goes on where the second begins."""
    return wider.version == network.version and int(wider.broadcast_address) >= int(network.network_address)


def _nested(networks: list[_Held]) -> Iterator[Remark]:
    """Say of each prefix which is the narrowest around it that is another's on the same days."""
    parsed = [(ipaddress.ip_network(h.item.cidr), h) for h in networks if isinstance(h.item, Network)]
    around: list[tuple[_Prefix, _Held]] = []
    for network, holder in sorted(
        parsed, key=lambda pair: (pair[0].version, int(pair[0].network_address), pair[0].prefixlen)
    ):
        while around and not _reaches(around[-1][0], network):
            around.pop()
        for wider, other in reversed(around[-DEEPEST:]):
            if (
                wider.prefixlen < network.prefixlen
                and other.organization.id != holder.organization.id
                and meet(holder.item, other.item)
            ):
                yield Remark(
                    "nested",
                    holder.organization.id,
                    str(network),
                    other.organization.id,
                    str(wider),
                    *_common(holder.item, other.item),
                )
                break
        around.append((network, holder))
