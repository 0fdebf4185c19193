"""When a contact is asked, what a bounce means, and how well an organization can be reached: pure functions."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

CONFIRM_EVERY: Final = timedelta(days=180)
"""So often a contact is asked whether all of it is still right."""
ASK_AGAIN: Final = timedelta(days=14)
ASKED_AT_MOST: Final = 3
"""So often in a row; then it stays unconfirmed, which its organization's figure says."""
KEY_WARNING: Final = timedelta(days=30)
"""So long before it expires a key's owner is asked for the next one."""
RECENT: Final = timedelta(days=90)
"""So long a bounce counts against an organization."""
TRIES: Final = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
"""After how long a call that could not be handed over is tried again."""


def confirm_due(
    *, known_at: datetime | None, verified_at: datetime | None, asked: Sequence[datetime]
) -> datetime | None:
    """Return when a contact is asked next; None: not before something happens.

    `asked` are the instants of the calls since it was last confirmed, the first one first.
    """
    since = verified_at or known_at
    if since is None or len(asked) >= ASKED_AT_MOST:
        return None
    return max(since + CONFIRM_EVERY, asked[-1] + ASK_AGAIN) if asked else since + CONFIRM_EVERY


def kills(status: str) -> bool:
    """Say whether an enhanced status code (RFC 3463) says that the address itself is dead.

    5.1 is about the address, 5.2.1 a mailbox that was disabled. A full mailbox (5.2.2), a message too large (5.3.4) or
    refused for what it says (5.7) tells nothing of the kind: the message failed, not the address.
    """
    return status.startswith("5.1.") or status == "5.2.1"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of how an organization is reached."""

    active: int = 0
    """Contacts that are told: confirmed or vouched for by the team, and encryptable where that is demanded."""
    addresses: int = 0
    """Different addresses among them."""
    confirmed: int = 0
    """Of them, who confirmed within CONFIRM_EVERY and the time to ask again."""
    head: bool = False
    """Whether one of them is the head of the organization."""
    phone: bool = False
    endpoints: int = 0
    dead: int = 0
    unverified: int = 0
    bounced_lately: int = 0
    keys_missing: int = 0
    """Contacts that must be encrypted to, without a key that works."""
    keys_expiring: int = 0
    keys_expired: int = 0
    """Contacts that gave keys of which none works any more, and that get their mail unencrypted."""
    drilled: int = 0
    """Contacts called by the last drill it took part in."""
    drill_answered: int = 0


@dataclass(frozen=True, slots=True)
class Reach:
    """How well an organization can be reached: 0 (not at all) to 100, and what takes the rest away."""

    figure: int
    reasons: tuple[str, ...]


WEIGHTS: Final = {
    "nobody": 100,
    "never-confirmed": 20,
    "only-one": 15,
    "no-other-way": 10,
    "no-head": 10,
    "silent-in-drill": 20,
    "bounced-lately": 10,
    "address-dead": 5,
    "not-confirmed-yet": 5,
    "no-key": 10,
    "key-expires": 5,
    "key-expired": 10,
}
"""What each reason takes away from 100."""


def reach(facts: Facts) -> Reach:
    """Return the figure and its reasons, the gravest first."""
    if not facts.active:
        found = ["nobody"]
    else:
        found = [
            *(["never-confirmed"] if not facts.confirmed else []),
            *(["silent-in-drill"] if facts.drilled and not facts.drill_answered else []),
            *(["only-one"] if facts.addresses < 2 else []),
            *(["no-other-way"] if not facts.phone and not facts.endpoints else []),
            *(["no-head"] if not facts.head else []),
            *(["bounced-lately"] if facts.bounced_lately else []),
        ]
    found += [
        *(["no-key"] if facts.keys_missing else []),
        *(["key-expired"] if facts.keys_expired else []),
        *(["address-dead"] if facts.dead else []),
        *(["not-confirmed-yet"] if facts.unverified else []),
        *(["key-expires"] if facts.keys_expiring else []),
    ]
    return Reach(max(0, 100 - sum(WEIGHTS[reason] for reason in found)), tuple(found))


def overlapping(value: str, kind: str, held: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return of what others hold (value, whose) what shares addresses or names with a network or domain."""
    if kind == "domain":
        mine = f".{value}"
        return [(other, whose) for other, whose in held if mine.endswith(f".{other}") or f".{other}".endswith(mine)]
    network = ipaddress.ip_network(value)
    found = []
    for other, whose in held:
        theirs = ipaddress.ip_network(other)
        if network.version == theirs.version and network.overlaps(theirs):
            found.append((other, whose))
    return found


def claimed(text: str) -> list[str]:
    """Return the words of a text that names networks and domains."""
    return list(dict.fromkeys(text.replace(",", " ").replace(";", " ").split()))


def kind_of(value: str) -> str:
    """Return whether a text would be a network or a domain."""
    return "network" if "/" in value or ":" in value or value.replace(".", "").isdigit() else "domain"


ZONES_AT_MOST: Final = 16
"""Reverse zones that are asked about one network; what spans more is proven by a file, or by hand."""


def reverse_names(cidr: str) -> list[str]:
    """Return the names whose TXT records together prove a network; none where it spans too many reverse zones.

    Those of the reverse zones it fills. One smaller than a zone is proven at its first and its last address, whoever
    has the rest of the zone: where it is delegated (RFC 2317), these names lead to its holder.
    """
    network = ipaddress.ip_network(cidr)
    step, whole = (8, 24) if network.version == 4 else (4, 124)
    if network.prefixlen > whole:
        ends = dict.fromkeys((network[0], network[-1]))
        return [f"_tocsin.{address.reverse_pointer}" for address in ends]
    length = max(step, -(-network.prefixlen // step) * step)
    if 2 ** (length - network.prefixlen) > ZONES_AT_MOST:
        return []
    drop = (network.max_prefixlen - length) // step
    zones = network.subnets(new_prefix=length) if length >= network.prefixlen else ()
    return [f"_tocsin.{'.'.join(zone[0].reverse_pointer.split('.')[drop:])}" for zone in zones]
