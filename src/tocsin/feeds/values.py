"""One value at a time: addresses, host names, URLs, hashes and times in their one normal form, or None.

Nothing here raises. Placeholders that anonymizers and exporters leave (`n/a`, `x.x.x.x`, `0.0.0.0` …)
are None everywhere, so that they never become an asset.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import urlsplit

PLACEHOLDERS: Final = frozenset(
    {"", "-", "--", "n/a", "na", "none", "null", "nil", "unknown", "undefined", "x.x.x.x", "xxx.xxx.xxx.xxx"}
    | {"0.0.0.0", "::", "localhost", "redacted", "[redacted]", "anonymized", "hidden", "removed", "?", "n.a."}  # noqa: S104
)
LONGEST_URL: Final = 65_536
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_HASH = re.compile(r"[0-9a-f]+")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,20}://", re.IGNORECASE)
_EARLIEST, _LATEST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def text(value: object) -> str | None:
    """Return the value as trimmed text without control characters, or None for a placeholder."""
    if value is None or isinstance(value, (dict, list, bytes)):
        return None
    plain = "".join(c for c in str(value) if c.isprintable()) if not str(value).isprintable() else str(value)
    plain = plain.strip()
    return None if plain.lower() in PLACEHOLDERS else plain


def refang(value: str) -> str:
    """Undo the ways in which people make an address unclickable: `hxxp`, `[.]`, `(.)`, `[:]`, `[at]`."""
    if "[" in value or "(" in value:
        for written, meant in (
            ("[.]", "."),
            ("(.)", "."),
            ("[dot]", "."),
            ("[:]", ":"),
            ("[://]", "://"),
            ("[at]", "@"),
        ):
            value = value.replace(written, meant)
    return "http" + value[4:] if value[:4].lower() == "hxxp" else value


@lru_cache(maxsize=65_536)
def ip(value: str | None) -> str | None:
    """Return the canonical form of an IP address; an IPv4 address mapped into IPv6 becomes IPv4."""
    plain = text(value)
    if plain is None or len(plain) > 64:
        return None
    try:
        found = ipaddress.ip_address(refang(plain).strip("[]").split("%", 1)[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return None if found.is_unspecified else str(found)


def network(value: str | None) -> str | None:
    """Return the canonical form of a prefix; host bits are cleared; a whole address space is none."""
    plain = text(value)
    if plain is None or len(plain) > 80:
        return None
    try:
        found = ipaddress.ip_network(refang(plain), strict=False)
    except ValueError:
        return None
    return str(found) if found.prefixlen else None


def span(first: str, last: str) -> list[str]:
    """Return the prefixes that cover `first` to `last`, both included; empty when that is no range."""
    try:
        low, high = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
        return [str(part) for part in ipaddress.summarize_address_range(low, high)]
    except (ValueError, TypeError):
        return []


def port(value: object) -> int | None:
    """Return a port from 1 to 65535."""
    return number(value, 1, 65_535)


def asn(value: object) -> int | None:
    """Return an AS number, written with or without `AS`."""
    plain = text(value)
    return number(plain.upper().removeprefix("AS").strip(), 1, 4_294_967_295) if plain else None


def number(value: object, low: int, high: int) -> int | None:
    """Return a whole number within bounds."""
    plain = text(value)
    if plain is None or len(plain) > 20:
        return None
    plain = plain.removesuffix(".0")
    if not (plain.isascii() and plain.isdigit()):
        return None
    return int(plain) if low <= int(plain) <= high else None


@lru_cache(maxsize=65_536)
def host(value: str | None) -> str | None:
    """Return a host name in lower case as IDNA A-labels, without a final dot; an address is no name."""
    plain = text(value)
    if plain is None or len(plain) > 1024:
        return None
    plain = refang(plain).lower().rstrip(".").removeprefix("*.")
    if not plain.isascii():
        import idna

        try:
            plain = idna.encode(plain, uts46=True, transitional=False).decode("ascii")
        except (idna.IDNAError, UnicodeError, ValueError, IndexError):
            return None
    labels = plain.split(".")
    if len(plain) > 253 or len(labels) < 2 or labels[-1].isdigit() or plain in PLACEHOLDERS:
        return None
    return plain if all(_LABEL.fullmatch(label) for label in labels) else None


class Url(NamedTuple):
    """A URL in normal form with what stands in it."""

    url: str
    fqdn: str | None
    ip: str | None
    port: int | None
    path: str | None


def url(value: object, scheme: str = "") -> Url | None:
    """Take a URL apart: scheme and host in lower case, host as A-labels, blanks escaped, the rest untouched.

    `scheme` is put before a value that has none.
    """
    plain = text(value)
    if plain is None or len(plain) > LONGEST_URL:
        return None
    plain = refang(plain)
    if not _SCHEME.match(plain):
        if not scheme:
            return None
        plain = f"{scheme}://{plain}"
    try:
        parts = urlsplit(plain.replace(" ", "%20"))
        name, given = parts.hostname, parts.port
    except ValueError:
        return None
    address, fqdn = ip(name), host(name)
    where = fqdn or (f"[{address}]" if address and ":" in address else address)
    if where is None:
        return None
    user = parts.netloc.rpartition("@")[0]
    netloc = (f"{user}@" if user else "") + where + (f":{given}" if given else "")
    rest = parts.path + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
    return Url(f"{parts.scheme.lower()}://{netloc}{rest}", fqdn, address, given or None, parts.path or None)


def digest(value: object, length: int) -> str | None:
    """Return a hexadecimal digest of `length` digits in lower case."""
    plain = text(value)
    plain = plain.lower() if plain else ""
    return plain if len(plain) == length and _HASH.fullmatch(plain) else None


def account(value: object) -> str | None:
    """Return an e-mail address with its domain in lower case."""
    plain = text(value)
    if plain is None or len(plain) > 320 or plain.count("@") != 1:
        return None
    local, _, domain = plain.rpartition("@")
    name = host(domain)
    return f"{local}@{name}" if local and name and " " not in local else None


def country(value: object) -> str | None:
    """Return an ISO 3166-1 alpha-2 code."""
    plain = text(value)
    return plain.upper() if plain and len(plain) == 2 and plain.isascii() and plain.isalpha() else None


def word(value: object) -> str | None:
    """Return a name as a stable identifier: lower case, blanks and odd signs as single hyphens."""
    plain = text(value)
    if plain is None:
        return None
    return re.sub(r"[^a-z0-9._+]+", "-", plain.lower()[:128]).strip("-") or None


@lru_cache(maxsize=4096)
def instant(value: object, zone: tzinfo = UTC, form: str | None = None) -> datetime | None:
    """Return a time in UTC. A time without a zone is in `zone`, the source's rule. A bare number counts from 1970.

    `form` is a strptime pattern and the only one tried when given.
    """
    plain = text(value)
    if plain is None or len(plain) > 64:
        return None
    try:
        found = datetime.strptime(plain, form) if form else _read(plain)
        if found is None:
            return None
        found = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if _EARLIEST <= found < _LATEST else None


def _read(plain: str) -> datetime | None:
    compact = plain.removesuffix(" UTC")
    if len(compact) == 14 and compact.isascii() and compact.isdigit():
        plain = compact
    digits = plain.replace(".", "", 1)
    if digits.isascii() and digits.isdigit():
        whole = plain.partition(".")[0]
        if len(whole) == 8 or len(whole) == 14:
            return datetime.strptime(whole, "%Y%m%d%H%M%S" if len(whole) == 14 else "%Y%m%d")
        unit = {13: 1e3, 16: 1e6}.get(len(whole), 1.0)
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(plain) / unit)
    iso = plain.removesuffix(" UTC").removesuffix(" GMT").replace(" +", "+")
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        pass
    for form in ("%a %b %d %H:%M:%S UTC %Y", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M:%S"):
        try:
            return datetime.strptime(plain, form).replace(tzinfo=UTC if "UTC" in form else None)
        except ValueError:
            continue
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(plain)
    except (TypeError, ValueError, IndexError, AttributeError):
        return None
