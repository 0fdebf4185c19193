"""One value at a time: from what people write to its one canonical form, or a named reason."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from datetime import date

from tocsin.core.constituency import CRITICALITIES
from tocsin.roster.reasons import Wrong

SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,98}")
_EMAIL = re.compile(r"[^@\s<>,;\"()\[\]\\:]+@[^@\s<>,;\"()\[\]\\:]+\.[^@\s<>,;\"()\[\]\\:]+")
_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")
_ROLE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,5})?")
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
_LOCAL_DAY = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?: \d{1,2}:\d{2}(?::\d{2})?)?")
_FORBIDDEN = re.compile("[\ufeff\u202a-\u202e\u2066-\u2069]")
"""A byte order mark inside a text, and marks that turn the direction of what follows."""
YES = {"yes", "true", "1", "x", "y", "có", "co", "đúng"}
NO = {"", "no", "false", "0", "n", "không", "khong"}
LIMITS = {"name": 300, "sector": 64, "language": 8, "phone": 64, "contact": 200, "email": 254, "reason": 300, "id": 99}
"""Most characters a field may have."""
LONGEST = 100_000
"""Beyond this a text is not even looked at."""


def text(value: str, limit: int) -> str:
    """Return a text in NFC with single spaces. Raise Wrong: too-long, bad-character."""
    if len(value) > LONGEST:
        raise Wrong("too-long", limit=limit)
    found = " ".join(unicodedata.normalize("NFC", value).split())
    if len(found) > limit:
        raise Wrong("too-long", limit=limit)
    for character in found:
        if (
            unicodedata.category(character) in {"Cc", "Cs"}
            or ord(character) & 0xFFFE == 0xFFFE
            or _FORBIDDEN.match(character)
        ):
            raise Wrong("bad-character", value=f"U+{ord(character):04X}")
    return found


def identifier(value: str) -> str:
    """Return an organization's identifier. Raise Wrong."""
    found = text(value, LIMITS["id"])
    if not SLUG.fullmatch(found):
        raise Wrong("bad-id", value=found)
    return found


def network(value: str) -> str:
    """Return a prefix in its canonical form; a bare address is a prefix of its own. Raise Wrong."""
    found = text(value, 64)
    try:
        return str(_without_zone(ipaddress.ip_network(found), found))
    except ValueError:
        pass
    try:
        meant = _without_zone(ipaddress.ip_network(found, strict=False), found)
    except ValueError:
        raise Wrong("bad-network", value=found) from None
    raise Wrong("host-bits", value=found, meant=meant)


def _without_zone(
    found: ipaddress.IPv4Network | ipaddress.IPv6Network, value: str
) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    if "%" in value:
        raise Wrong("bad-network", value=value)
    return found


def domain(value: str) -> str:
    """Return a domain in lower-case A-labels without a final dot. Raise Wrong."""
    found = text(value, 1000)
    name = _domain(found)
    if name is not None:
        return name
    meant = re.sub(r"^[a-z]+://", "", found, flags=re.IGNORECASE).split("/")[0].rpartition("@")[2].partition(":")[0]
    guess = _domain(meant.removeprefix("*."))
    if guess is not None:
        raise Wrong("domain-meant", value=found, meant=guess)
    raise Wrong("bad-domain", value=found)


def _domain(value: str) -> str | None:
    import idna

    name = value.strip(".").lower()
    try:
        name = name if name.isascii() else idna.encode(name, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return None
    return name if _DOMAIN.fullmatch(name) and not name.rpartition(".")[2].isdigit() else None


def asn(value: str) -> int:
    """Return an AS number, 1 to 4294967295; `AS64500` and `64500` are the same. Raise Wrong."""
    found = text(value, 64)
    digits = found.upper().removeprefix("AS").strip()
    if not re.fullmatch(r"[0-9]{1,10}", digits) or not 0 < int(digits) < 1 << 32:
        raise Wrong("bad-asn", value=found)
    return int(digits)


def email(value: str) -> str:
    """Return an e-mail address. Raise Wrong."""
    found = text(value, LIMITS["email"])
    if not _EMAIL.fullmatch(found):
        raise Wrong("bad-email", value=found)
    return found


def day(value: str) -> date | None:
    """Return a day, or None for nothing: `2026-06-30`, or day first as in `30/6/2026`. Raise Wrong."""
    found = text(value, 64)
    if not found:
        return None
    iso, local = _ISO_DAY.fullmatch(found), _LOCAL_DAY.fullmatch(found)
    parts = iso.groups() if iso else local.groups()[::-1] if local else ()
    try:
        return date(*map(int, parts))
    except (TypeError, ValueError):
        raise Wrong("bad-day", value=found) from None


def flag(value: str) -> bool:
    """Return yes or no. Raise Wrong."""
    found = text(value, 64).lower()
    if found in YES:
        return True
    if found in NO:
        return False
    raise Wrong("bad-flag", value=found)


def language(value: str) -> str:
    """Return a language tag, or nothing. Raise Wrong."""
    found = text(value, 64)
    if found and (not _LANGUAGE.fullmatch(found) or len(found) > LIMITS["language"]):
        raise Wrong("bad-language", value=found)
    return found


def role(value: str) -> str:
    """Return a role of a contact. Raise Wrong."""
    found = text(value, 200)
    if not _ROLE.fullmatch(found.lower()):
        raise Wrong("bad-role", value=found)
    return found.lower()


def criticality(value: str) -> str:
    """Return how much depends on an organization, or nothing. Raise Wrong."""
    found = text(value, 64).lower()
    if found and found not in CRITICALITIES:
        raise Wrong("bad-criticality", value=found)
    return found


def ignored(value: str) -> str:
    """Return what an ignore rule names, in its canonical form: a prefix, a domain, `AS64500`. Raise Wrong."""
    found = text(value, 253)
    if re.fullmatch(r"(AS)?[0-9]+", found, re.IGNORECASE):
        return f"AS{asn(found)}"
    try:
        return network(found)
    except Wrong as wrong:
        if wrong.code == "host-bits":
            raise
    try:
        return domain(found)
    except Wrong:
        raise Wrong("bad-ignored", value=found) from None
