"""What a change of holdings may touch is found by looking at few events, and at no fewer than it touches."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.batches import again
from tocsin.core.constituency import AutonomousSystem, Domain, Ignored, Network, Organization
from tocsin.pipeline import assets, registry
from tocsin.pipeline.attribute import Attributor
from tocsin.pipeline.chunk import SCHEMA
from tocsin.pipeline.registry import Registry

NETWORKS = (
    "192.0.2.0/24", "192.0.2.0/28", "192.0.2.8/32", "192.0.0.0/16", "128.0.0.0/1", "96.0.0.0/4", "10.1.0.0/16",
    "2001:db8::/32", "2001:db8:0:1::/64", "2001:db8::5/128", "2000::/3", "::/0", "2001:db8:f00::/40",
)  # fmt: skip
NAMES = ("unit.example", "www.unit.example", "example", "xn--n-mnh.example", "xn--n-8ga.example")
AT = datetime(2026, 11, 20, tzinfo=UTC)
maybe = st.none()
rows = st.fixed_dictionaries(
    {
        "source_ip": maybe | st.sampled_from(("192.0.2.8", "192.0.2.77", "192.0.20.9", "2001:db8::5", "2001:db8:0:1::5", "2001:db8:f12::1", "10.1.2.3", "101.1.1.1")),
        "source_fqdn": maybe | st.sampled_from(("www.unit.example", "unit.example", "notunit.example", "nơ.example", "xn--n-mnh.example", "stranger.test")),
        "source_url": maybe
        | st.sampled_from(
            (
                "http://WWW.Unit.Example./a", "http://[2001:0db8::0005]/a", "http://192.0.2.8:80/x", "https://Nơ.example/", "https://nô.example/",
                "http://[::ffff:192.0.2.8]/", "ftp://a@unit.example", "http:\\\\unit.example\\x", "http://2001:db8::5/",
            )
        ),
        "source_asn": maybe | st.sampled_from((64500, 64501)),
        "source_network": maybe | st.sampled_from(("192.0.2.0/26", "2001:db8::/48", "192.0.2.8/32")),
        "source_account": maybe | st.sampled_from(("someone@unit.example", "root", "x@nơ.example")),
        "destination_ip": maybe | st.sampled_from(("192.0.2.8", "2001:db8::5")),
        "destination_fqdn": maybe | st.sampled_from(("unit.example", "stranger.test")),
        "destination_url": maybe | st.sampled_from(("http://unit.example/", "http://[2001:db8::5]/")),
    }
)  # fmt: skip
holdings = (
    st.builds(Network, st.sampled_from(NETWORKS))
    | st.builds(Domain, st.sampled_from(NAMES))
    | st.builds(AutonomousSystem, st.sampled_from((64500, 64501)))
    | st.builds(Ignored, st.sampled_from(("192.0.2.8/32", "unit.example", "AS64500")), st.just("own"))
)


def _registry(held: list[object]) -> Registry:
    def of(kind: type) -> tuple[object, ...]:
        return tuple(item for item in held if isinstance(item, kind))

    one = Organization("one", networks=of(Network), domains=of(Domain), asns=of(AutonomousSystem))  # type: ignore[arg-type]
    return registry.build([one], of(Ignored))  # type: ignore[arg-type]


def _attributed(events: list[dict[str, object]], held: Registry) -> pl.DataFrame:
    named = {name: kind for name, kind in SCHEMA.items() if name in {*again._TEXTS, "source_asn"}}
    frame = pl.DataFrame(events, schema=named).with_columns(
        pl.lit(AT, dtype=SCHEMA["time_source"]).alias("time_source")
    )
    keys, read = assets.named(frame)
    owners = Attributor(held).attribute(keys, read)
    return pl.concat([keys, owners], how="horizontal").with_columns(pl.lit("open-rdp").alias("kind"))


def _values(item: object) -> str:
    match item:
        case Network():
            return item.cidr
        case Domain():
            return item.name
        case AutonomousSystem():
            return f"AS{item.number}"
        case Ignored():
            return item.value
    raise AssertionError(item)


@settings(max_examples=60, deadline=None)
@given(
    events=st.lists(rows, min_size=20, max_size=60),
    held=st.lists(holdings, max_size=4),
    more=st.lists(holdings, min_size=1, max_size=2),
    fewer=st.integers(0, 2),
)
def test_looking_narrowly_finds_all_that_changes(
    events: list[dict[str, object]], held: list[object], more: list[object], fewer: int
) -> None:
    now = _registry([*held[fewer:], *more])
    changed = {_values(item) for item in (*held[:fewer], *more)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.parquet"
        _attributed(events, _registry(held)).write_parquet(path)
        everything = again.changes(path, Attributor(now))
        narrow = again.changes(path, Attributor(now), values=changed)
        assert narrow.equals(everything)
        # And laid over the events, they are what attributing from scratch gives.
        again.rewrite(path, narrow, path.with_name("new.parquet"))
        columns = ["organization", "because", "related"]
        scratch = _attributed(events, now).select(columns)
        assert pl.read_parquet(path.with_name("new.parquet"), columns=columns).equals(scratch)
