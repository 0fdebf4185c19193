"""Plain lists of addresses, networks, ranges, host names or URLs, one in a line, with `#` or `;` comments.

FireHOL's ipset and netset files are such lists. The header's date (`This File Date`, `Last updated` …) is
the events' time when there is one, read as UTC; else the time of arrival. What it means to be on the list
the operator says (Options); `other` is assumed, or what the header's category tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tocsin.feeds import text, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk

_MADE = re.compile(
    r"^[#;/]+\s*(?:This File Date|Source File Date|Last[ -]?(?:updated|modified)|Updated|Generated(?: on| at)?)\s*:?\s+(.+?)[\s#]*$",
    re.I | re.M,
)
_CATEGORY = re.compile(r"^#\s*Category\s*:\s*(\S+)", re.M)
_HOSTS = re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?)[ \t]+(\S+)")
_IPSET = re.compile(r"(?:ipset\s+)?(?:-A|add)\s+\S+\s+(\S+)(?:\s.*)?")
_COMMENT = re.compile(r"\s[#;].*$|\s//.*$")


def recognize(head: bytes, name: str) -> int:
    """Recognize when nearly every line is one thing that can be warned about."""
    lines = text.content_lines(head)
    lines = lines[:-1] if len(head) >= 65_536 and len(lines) < 200 else lines
    good = sum(bool(item(line)) for line in lines)
    if not lines:  # an ipset that is empty today is still one
        return 35 if " ipset\n#" in text.head(head) else 0
    return 40 if good and good >= len(lines) * 0.9 else 0


def item(line: str) -> dict[str, Any]:
    """Return the columns of an event that a line gives; empty when it is nothing of the kind."""
    plain = line.strip()
    hosts = _HOSTS.match(plain)
    plain = hosts[1] if hosts else _COMMENT.sub("", plain).strip().strip('"')
    if (member := _IPSET.fullmatch(plain)) is not None:
        plain = member[1]
    if not plain or " " in plain or "\t" in plain or len(plain) > values.LONGEST_URL:
        link = values.url(plain) if "://" in plain[:12] else None
        return _link(link) if link else {}
    if (link := values.url(plain)) is not None:
        return _link(link)
    if address := values.ip(plain):
        return {"source_ip": address}
    if "/" in plain and (network := values.network(plain)):
        return _network(network)
    if "-" in plain:
        low, _, high = plain.partition("-")
        parts = values.span(low, high)
        if len(parts) == 1:
            return _network(parts[0])
    if plain.upper().startswith("AS") and (number := values.asn(plain)):
        return {"source_asn": number}
    where, _, port = plain.rpartition(":")
    if where and values.port(port) and (address := values.ip(where)):
        return {"source_ip": address, "source_port": values.port(port)}
    if name := values.host(plain):
        return {"source_fqdn": name}
    # A page without its scheme, as web filters list them. More of it than a host, or it was no page.
    link = values.url(plain, "http") if "/" in plain and values.host(re.split(r"[/:]", plain, maxsplit=1)[0]) else None
    return _link(link) if link else {}


def _network(network: str) -> dict[str, Any]:
    address, _, length = network.partition("/")
    return {"source_ip": address} if int(length) == (128 if ":" in address else 32) else {"source_network": network}


def _link(link: values.Url) -> dict[str, Any]:
    return {
        "source_url": link.url,
        "source_fqdn": link.fqdn,
        "source_ip": link.ip,
        "source_port": link.port,
        "source_urlpath": link.path,
    }


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read the list."""
    head = text.head(source.head())
    category = _CATEGORY.search(head)
    rows = Rows(options, code="plainlist", name="Plain list", provider="unknown")
    identifier = values.word(category[1]) if category else None
    return read(source, rows, made(head), "other", f"listed-{identifier}" if identifier else "listed")


def made(head: str) -> datetime | None:
    """Return the date that the header gives."""
    return next((when for when in (values.instant(match[1]) for match in _MADE.finditer(head)) if when), None)


def read(source: Source, rows: Rows, when: datetime | None, rsit: str, identifier: str) -> Iterator[Chunk]:
    """Read a list whose lines all mean the same."""
    for line in text.lines(source):
        plain = line.strip().lstrip("\ufeff")
        if not plain or plain.startswith(("#", ";", "//")):
            continue
        rows.next()
        found = item(plain)
        if found:
            rows.event(plain, time_source=when, classification_type=rsit, classification_identifier=identifier, **found)
        else:
            rows.reject("no-asset", "no address, network, host name or URL", plain)
        if rows.full():
            yield rows.chunk()
    yield from rows.last()


FORMAT = Format("plainlist", recognize, parse, "Plain list of addresses, networks, host names or URLs", whole_list=True)
