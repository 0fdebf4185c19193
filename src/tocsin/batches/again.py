"""Attribute events again, file by file: which have another owner today, the file written anew, the findings that result.

An event keeps everything but its owner, the reason and who else matches. Only the narrow columns that attribution
looks at are read to find what changed; a file is read whole only when something in it did.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from tocsin.batches import nobody
from tocsin.lake import durable
from tocsin.pipeline import assets
from tocsin.pipeline.attribute import Attributor
from tocsin.pipeline.fold import Folder

_TEXTS = [
    "source_ip",
    "source_fqdn",
    "source_url",
    "source_network",
    "source_account",
    "destination_ip",
    "destination_fqdn",
    "destination_url",
]
_URLS = ["source_url", "destination_url", "source_account"]
_OWNER = ["organization", "because", "related"]
MOST_VALUES = 4000
"""Beyond so many changed values, asking each event whether one touches it costs more than attributing it again."""
IGNORED = "ignored: "
"""How the reason of an event begins that an ignore rule decided."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of events as it will be: read from `path`, with `changes` laid over it when they are not written yet."""

    path: Path
    changes: pl.DataFrame | None = None


def changes(
    path: Path, attributor: Attributor, *, values: Iterable[str] | None = None, since: datetime | None = None
) -> pl.DataFrame:
    """Return the events of a file that have another owner, reason or other matches now.

    Columns: `place` (the row's number in the file, from 0), `organization`, `because`, `related` as they are now, `before`
    (the owner until now), `asset`, `kind`. `values` narrows it to what these prefixes, names and `AS…` may touch; `since`
    to events at or after that instant.
    """
    rows = pl.scan_parquet(path).select([*_TEXTS, "source_asn", "time_source", "asset", "kind", *_OWNER])
    rows = rows.with_row_index("place")
    if since is not None:
        rows = rows.filter(pl.col("time_source") >= since)
    if values is not None and (touched := _touched(values)) is not None:
        rows = rows.filter(touched)
    events = rows.collect()
    if events.is_empty():
        return _changed(events)
    keys, read = assets.named(events.drop("asset", *_OWNER))
    owners = attributor.attribute(keys, read).select(_OWNER)
    events = events.with_columns(owners.rename({name: f"{name}_now" for name in _OWNER}))
    others = pl.col("related").list.join("\0") != pl.col("related_now").list.join("\0")
    return _changed(
        events.filter(
            pl.col("organization").ne_missing(pl.col("organization_now"))
            | pl.col("because").ne_missing(pl.col("because_now"))
            | others
        )
        .with_columns(pl.col("organization").alias("before"))
        .with_columns(pl.col(f"{name}_now").alias(name) for name in _OWNER)
    )


def _changed(events: pl.DataFrame) -> pl.DataFrame:
    if "before" not in events.columns:
        events = events.with_columns(pl.lit(None, dtype=pl.String).alias("before"))
    return events.select("place", *_OWNER, "before", "asset", "kind")


def _touched(values: Iterable[str]) -> pl.Expr | None:
    """Return what is true of every event that these values may touch, and of few others; None when that is not worth asking."""
    wanted: set[str] = set()
    asns: list[int] = []
    prefixes = False
    for value in values:
        if value[:2].upper() == "AS" and value[2:].isdigit():
            asns.append(int(value[2:]))
            continue
        try:
            network = ipaddress.ip_network(value)
        except ValueError:
            wanted.add(value)
            continue
        prefixes = True
        wanted.add(_beginning(network))
    if len(wanted) > MOST_VALUES or "" in wanted:
        return None
    found = pl.col("source_asn").is_in(asns)
    if wanted:
        texts = sorted(wanted)
        found = found | pl.any_horizontal(
            pl.col(name).str.contains_any(texts, ascii_case_insensitive=True).fill_null(value=False) for name in _TEXTS
        )
        # A host inside a URL may be spelled in other ways: as Unicode, as an IPv6 address in brackets.
        odd = r"[^\x00-\x7f]|\[" if prefixes else r"[^\x00-\x7f]"
        found = found | pl.any_horizontal(pl.col(name).str.contains(odd).fill_null(value=False) for name in _URLS)
    return found


def _beginning(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    """Return how every address inside begins when it is written canonically: whole octets, or groups up to a zero."""
    if network.num_addresses == 1:
        return str(network.network_address)
    if network.version == 4:
        octets = str(network.network_address).split(".")[: network.prefixlen // 8]
        return ".".join(octets) + "." if octets else ""
    groups = []
    for group in network.network_address.exploded.split(":")[: network.prefixlen // 16]:
        if not int(group, 16):
            break
        groups.append(f"{int(group, 16):x}:")
    return "".join(groups) or ":"


def rewrite(path: Path, found: pl.DataFrame, target: Path) -> int:
    """Write a file anew under `target`, durably, with the owners that `found` gives; return its size in bytes."""
    events = _laid_over(pl.read_parquet(path), found)
    written = durable.write(
        target, lambda aside: events.write_parquet(aside, compression="zstd", compression_level=1, statistics=False)
    )
    return written.stat().st_size


def _laid_over(events: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    columns = events.columns
    now = found.select(
        "place", *(pl.col(name).alias(f"{name}_now") for name in _OWNER), pl.lit(value=True).alias("new")
    )
    if "place" not in columns:
        events = events.with_row_index("place")
    events = events.join(now, on="place", how="left", maintain_order="left")
    return events.with_columns(
        pl.when("new").then(f"{name}_now").otherwise(name).alias(name) for name in _OWNER
    ).select(columns)


def refold(parts: Sequence[Part], names: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Fold all events of these names (asset, kind) again; return the findings, and what nobody holds."""
    folder = Folder()
    rest: list[pl.DataFrame] = []
    for part in parts:
        rows = pl.scan_parquet(part.path).select(_NEEDED).with_row_index("place")
        events = rows.join(names.lazy(), on=["asset", "kind"], how="semi", maintain_order="left").collect()
        if events.is_empty():
            continue
        if part.changes is not None:
            events = _laid_over(events, part.changes)
        folder.add(events)
        nobodys = events.filter(pl.col("organization").is_null() & ~pl.col("because").str.starts_with(IGNORED))
        if nobodys.height:
            rest.append(nobody.grouped(nobodys))
    return folder.findings(), nobody.merged(rest)


_NEEDED = [
    "organization",
    "asset",
    "kind",
    "classification_taxonomy",
    "classification_type",
    "severity",
    "time_source",
    "feed_code",
    "source_ip",
    "source_asn",
    "source_port",
    "event_id",
    "because",
    "related",
]
