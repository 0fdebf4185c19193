"""Say where an asset stands: in which /24 or /48, under which registered domain, in which AS.

What nobody holds is looked at by place, for a place is what an organization would be given.
"""

from __future__ import annotations

import ipaddress

import polars as pl

_HOST = r"^[A-Za-z][A-Za-z0-9+.-]*:[/\\]{2}(?:[^/\\?#]*@)?(\[[^\]]*\]|[^/\\?#:]*)"
_SECOND_LEVEL = "ac|biz|co|com|edu|go|gob|gov|gouv|health|id|info|int|io|mil|ne|net|nom|or|org|pro|sch"
"""Labels under which countries register names, as `gov.vn`; a name below them has three labels of its own."""
_REGISTERED = rf"([^.]+\.(?:(?:{_SECOND_LEVEL})\.[a-z]{{2}}|[^.]+))\.?$"
OTHER = "other"


def of(assets: pl.Series) -> pl.DataFrame:
    """Return for each asset `place` and `how`: network, domain, asn or other."""
    asset = pl.col("asset")
    looked = pl.when(asset.str.contains("://", literal=True)).then(asset.str.extract(_HOST, 1)).otherwise(asset)
    looked = pl.when(looked.str.contains("@", literal=True)).then(looked.str.extract(r"@([^@]*)$", 1)).otherwise(looked)
    rows = assets.to_frame("asset").select(looked.str.strip_chars("[]").str.to_lowercase().alias("text"))
    text = pl.col("text")
    rows = rows.with_columns(
        text.str.extract(r"^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$", 1).alias("v4"),
        text.str.extract(r"^as(\d+)$", 1).alias("asn"),
        pl.when(~text.str.contains(r"[:/@\s]")).then(text.str.extract(_REGISTERED, 1)).alias("domain"),
    ).with_columns(
        pl.when(pl.col("v4").is_null() & text.str.contains(r"^[0-9a-f.:]+(/\d{1,3})?$|^[0-9a-f:.]+%"))
        .then("text")
        .alias("odd")
    )
    odd = rows["odd"].unique().drop_nulls()
    networks = odd.to_frame("odd").with_columns(pl.Series("network", [_network(text) for text in odd], dtype=pl.String))
    rows = rows.join(networks, on="odd", how="left", maintain_order="left")
    network = pl.coalesce(pl.col("v4") + ".0/24", "network")
    return rows.select(
        pl.coalesce(network, "AS" + pl.col("asn"), pl.col("domain").str.slice(0, 253), pl.lit(OTHER)).alias("place"),
        pl.when(network.is_not_null())
        .then(pl.lit("network"))
        .when(pl.col("asn").is_not_null())
        .then(pl.lit("asn"))
        .when(pl.col("domain").is_not_null())
        .then(pl.lit("domain"))
        .otherwise(pl.lit(OTHER))
        .alias("how"),
    )


def _network(text: str) -> str | None:
    """Return the /24 or /48 around an address or prefix; a wider prefix is its own place."""
    try:
        network = ipaddress.ip_network(text.split("%", maxsplit=1)[0], strict=False)
    except ValueError:
        return None
    around = 24 if network.version == 4 else 48
    return str(network if network.prefixlen <= around else network.supernet(new_prefix=around))
