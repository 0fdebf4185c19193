"""DShield: the block list, and the sources of one AS or of a day (tab-separated). Times are UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from tocsin.feeds import text, values
from tocsin.feeds.format import Format, Options, Source
from tocsin.feeds.rows import Rows
from tocsin.pipeline.chunk import Chunk

_BLOCK = re.compile(r"[\d.]+\t[\d.]+\t\d{1,2}\t\d+")
_SOURCE = re.compile(r"\d{3}\.\d{3}\.\d{3}\.\d{3}\t\d+\t")
_MADE = re.compile(r"\b(updated:|created:|list generation:)\s*([^#\n]+)")


def recognize(head: bytes, name: str) -> int:
    """Recognize by the rows."""
    lines = [line for line in text.content_lines(head) if "\t" in line][:10]
    return 90 if any(_BLOCK.match(line) or _SOURCE.match(line) for line in lines) else 0


def parse(source: Source, options: Options) -> Iterator[Chunk]:
    """Read any of the lists."""
    rows = Rows(options, code="dshield", name="DShield", provider="SANS ISC")
    found = {match[1]: _instant(match[2]) for match in _MADE.finditer(text.head(source.head()))}
    made = found.get("updated:") or found.get("created:") or found.get("list generation:")
    for line in text.lines(source):
        plain = line.strip("\r\n")
        if not plain.strip() or plain.lstrip().startswith(("#", "<", "SPDX", "-->")) or plain.startswith("Start\t"):
            continue
        rows.next()
        fields = [field.strip() for field in plain.split("\t")]
        if _SOURCE.match(plain):
            _source(rows, plain, fields)
        elif _BLOCK.match(plain):
            rest = dict(zip(("attacks", "network_name", "country", "contact"), fields[3:], strict=False))
            rows.event(
                plain, time_source=made, source_network=values.network(f"{fields[0]}/{fields[2]}"),
                source_geolocation_cc=values.country(rest.get("country")),
                source_abuse_contact=values.account(rest.get("contact")),
                classification_type="other", classification_identifier="dshield-block",
                extra={"attacks": values.number(rest.get("attacks"), 0, 1 << 60), "network_name": values.text(rest.get("network_name"))},
            )  # fmt: skip
        else:
            rows.reject("ragged-row", "neither a block nor a source of DShield", plain)
        if rows.full():
            yield rows.chunk()
    yield from rows.last()


def _source(rows: Rows, plain: str, fields: list[str]) -> None:
    """Take `address reports targets first last [updated]`; the address is padded with zeros."""
    address = ".".join(str(int(part)) for part in fields[0].split("."))
    times = [when for when in map(values.instant, fields[3:]) if when]
    rows.event(
        plain, time_source=times[-1] if times else None, source_ip=values.ip(address),
        classification_type="brute-force", classification_identifier="dshield-source",
        extra={"reports": values.number(fields[1], 0, 1 << 60), "targets": values.number(fields[2], 0, 1 << 60),
               "last_seen": fields[4] if len(fields) > 5 else None},
    )  # fmt: skip


def _instant(written: str) -> datetime | None:
    plain = written.strip()
    return values.instant(plain) or values.instant(re.sub(r"(\d{4}) UTC$", r"UTC \1", plain))


FORMAT = Format("dshield", recognize, parse, "DShield", whole_list=True)
