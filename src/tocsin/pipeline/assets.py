"""Name the asset of each event, and what attribution may look it up by: a host name, an address.

The asset is the source's URL, else its host name, address, prefix, AS or account; when the source
side names nothing, the destination's URL, host name or address. Reverse DNS is no host name.
"""

from __future__ import annotations

import re

import idna
import polars as pl

from tocsin.pipeline import addresses
from tocsin.pipeline.addresses import Addresses

_SOURCE = ["source_url", "source_fqdn", "source_ip", "source_network", "source_asn", "source_account"]
_DESTINATION = ["destination_url", "destination_fqdn", "destination_ip"]
# Between :// and the next slash, without account and port. A backslash ends the host, as in browsers.
_HOST = r"^[A-Za-z][A-Za-z0-9+.-]*:[/\\]{2}(?:[^/\\?#]*@)?(\[[^\]]*\]|[^/\\?#:]*)"
_ADDRESS = r"^(\d{1,3}\.){3}\d{1,3}$|:"
_MASKED = re.compile(r"^[x*]+(\.[x*]+)*$")
"""What anonymizers leave of a name or an address: x.x.x.x, ****."""


def named(keys: pl.DataFrame) -> tuple[pl.DataFrame, Addresses]:
    """Add `asset`, `asset_is_address` and `host`; write names and addresses in their one spelling.

    Return with it, row by row, the address that attribution looks up: the one in the URL, else that of the side that is named.
    """
    read = addresses.read(keys["source_ip"])
    keys = keys.with_columns(read.text.alias("source_ip"), *_spelled_columns(keys))
    unnamed = keys.select(pl.all_horizontal(pl.col(_SOURCE).is_null())).to_series()
    url, fqdn, ip = (pl.col(name) for name in _SOURCE[:3])
    if unnamed.any():
        url, fqdn, ip = (
            pl.when(unnamed).then(pl.col(other)).otherwise(pl.col(name))
            for name, other in zip(_SOURCE, _DESTINATION, strict=False)
        )
    keys = keys.with_columns(url.alias("_url"), fqdn.alias("_fqdn"), ip.alias("_ip"))
    system = "AS" + pl.col("source_asn").cast(pl.String)
    keys = keys.with_columns(
        pl.coalesce("_url", "_fqdn", "_ip", "source_network", system, "source_account").alias("asset"),
        (pl.col("_url").is_null() & pl.col("_fqdn").is_null() & pl.col("_ip").is_not_null()).alias("asset_is_address"),
    )
    keys = _with_host(keys)
    if unnamed.any() or keys["host"].null_count() < keys.height or keys["_url"].null_count() < keys.height:
        read = addresses.read(keys["_ip"])
    return keys.drop("_url", "_fqdn", "_ip"), read


def _with_host(keys: pl.DataFrame) -> pl.DataFrame:
    """Add `host`: the name in the URL, the host name, or the domain of an account; an address in a URL is an address."""
    text = {name: keys[name].null_count() < keys.height for name in ("_url", "_fqdn", "source_account")}
    if not any(text.values()):
        return keys.with_columns(pl.lit(None, dtype=pl.String).alias("host"))
    in_url = pl.col("_url").str.extract(_HOST, 1)
    in_account = pl.when(pl.col("asset") == pl.col("source_account")).then(
        pl.col("source_account").str.extract(r"@([^@]+)$", 1)
    )
    name = pl.coalesce(pl.when(in_url != "").then(in_url), "_fqdn", in_account)
    keys = keys.with_columns(_spelled(keys.select(name.alias("host")).to_series()).alias("host"))
    is_address = pl.col("host").str.contains(_ADDRESS)
    return keys.with_columns(
        pl.when(~is_address & (pl.col("host") != "")).then("host").alias("host"),
        pl.when(is_address).then(pl.col("host").str.strip_chars("[]")).otherwise("_ip").alias("_ip"),
    )


def _spelled_columns(keys: pl.DataFrame) -> list[pl.Series]:
    found = [
        _spelled(keys[name]) for name in ("source_fqdn", "destination_fqdn") if keys[name].null_count() < keys.height
    ]
    if keys["destination_ip"].null_count() < keys.height:
        found.append(addresses.read(keys["destination_ip"]).text)
    return found


def _spelled(names: pl.Series) -> pl.Series:
    """Return host names in lower case, as IDNA A-labels, without the final dot; null for what is masked."""
    names = names.str.strip_chars().str.to_lowercase().str.strip_chars_end(".")
    odd = names.filter(names.str.contains(r"[^\x21-\x7e]|^[x*]+(\.[x*]+)*$|^$").fill_null(value=False)).unique()
    return names.replace(odd, pl.Series([_label(name) for name in odd], dtype=pl.String)) if len(odd) else names


def _label(name: str) -> str | None:
    if not name or _MASKED.match(name):
        return None
    try:
        return idna.encode(name, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return name
