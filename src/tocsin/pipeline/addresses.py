"""Read a column of addresses: IPv4 as numbers, IPv6 as sixteen bytes, each in its canonical spelling.

Text parsing, not the look-up, is what attribution costs; IPv4 therefore stays in vectorised form,
and only the distinct values that are not plain IPv4 go through `ipaddress`.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True, slots=True)
class Addresses:
    """A column of addresses. `version` is 4, 6 or 0 (no address); the other arrays count only where it says so."""

    version: np.ndarray
    v4: np.ndarray
    v6: np.ndarray
    text: pl.Series


def read(column: pl.Series) -> Addresses:
    """Read a String column. IPv4-mapped IPv6 becomes the IPv4 it maps; a zone index is dropped."""
    parts = (
        column.to_frame("ip")
        .select(pl.col("ip").str.splitn(".", 4).alias("parts"))
        .unnest("parts")
        .select(pl.all().cast(pl.UInt8, strict=False))
    )
    whole = parts.select(pl.all_horizontal(pl.all().is_not_null())).to_series().to_numpy()
    filled = parts.fill_null(0)
    octets = [filled.to_series(n).to_numpy().astype(np.uint32) for n in range(4)]
    v4 = (octets[0] << 24) | (octets[1] << 16) | (octets[2] << 8) | octets[3]
    # Longer than the number it stands for: a leading zero or sign, which some read as octal. Not plain.
    digits = sum(1 + (octet > 9).astype(np.uint8) + (octet > 99).astype(np.uint8) for octet in octets) + 3
    length = column.str.len_bytes().fill_null(0).to_numpy()
    plain = whole & (digits == length)
    version = np.where(plain, 4, 0).astype(np.uint8)
    v6 = np.zeros(len(column), dtype="S16")
    text = column
    if not plain.all():
        text = _slow(column, plain, version, v4, v6)
    return Addresses(version, v4, v6, text)


def _slow(column: pl.Series, plain: np.ndarray, version: np.ndarray, v4: np.ndarray, v6: np.ndarray) -> pl.Series:
    known: dict[str, ipaddress.IPv4Address | ipaddress.IPv6Address | None] = {}
    values = column.to_list()
    for place in np.flatnonzero(~plain):
        value = values[place]
        if value is None:
            continue
        if value not in known:
            known[value] = single(value)
        address = known[value]
        values[place] = None if address is None else str(address)
        if address is None:
            continue
        version[place] = address.version
        if address.version == 4:
            v4[place] = int(address)
        else:
            v6[place] = address.packed
    return pl.Series(column.name, values, dtype=pl.String)


def single(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that `text` spells, or None."""
    try:
        address = ipaddress.ip_address(text.strip().strip("[]").split("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
