"""Attribution against a slow, obvious reading of the same rules with `ipaddress`."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.constituency import AutonomousSystem, Domain, Ignored, Network, Organization
from tocsin.pipeline import chunk, registry, steps
from tocsin.pipeline.attribute import NOBODY, Attributor
from tocsin.pipeline.duplicates import Memory

FIRST = date(2026, 1, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(6)]
RECEIVED = datetime(2026, 2, 1, tzinfo=UTC)
V4 = ipaddress.ip_network("203.0.113.0/24")
V6 = ipaddress.ip_network("2001:db8::/32")
NAMES = ["soyte.example", "a.soyte.example", "b.a.soyte.example", "tinh.example", "example"]
HOSTS = [*NAMES, "x.b.a.soyte.example", "notsoyte.example", "www.tinh.example", "other.invalid"]

days = st.one_of(st.none(), st.sampled_from(DAYS))


@st.composite
def networks(draw: st.DrawFn) -> Network:
    block = draw(st.sampled_from([V4, V6]))
    length = draw(st.integers(block.prefixlen, block.max_prefixlen if block.version == 4 else 52))
    offset = draw(st.integers(0, min(7, 2 ** (length - block.prefixlen) - 1)))
    first = int(block.network_address) + (offset << (block.max_prefixlen - length))
    return Network(str(ipaddress.ip_network((first, length))), draw(days), draw(days))


@st.composite
def constituencies(draw: st.DrawFn) -> list[Organization]:
    return [
        Organization(
            f"org-{n}",
            networks=tuple(draw(st.lists(networks(), max_size=4))),
            domains=tuple(Domain(draw(st.sampled_from(NAMES)), draw(days), draw(days)) for _ in range(draw(st.integers(0, 2)))),
            asns=tuple(AutonomousSystem(draw(st.sampled_from([64500, 64501])), draw(days)) for _ in range(draw(st.integers(0, 1)))),
            valid_from=draw(st.one_of(st.none(), st.none(), st.sampled_from(DAYS[:2]))),
        )
        for n in range(draw(st.integers(0, 4)))
    ]  # fmt: skip


@st.composite
def sightings(draw: st.DrawFn) -> dict[str, object]:
    block = draw(st.sampled_from([V4, V6]))
    address = ipaddress.ip_address(int(block.network_address) + draw(st.integers(0, 255)))
    way = draw(st.sampled_from(["ip", "fqdn", "url", "url-ip", "asn", "fqdn+ip"]))
    host = draw(st.sampled_from(HOSTS))
    literal = f"[{address}]" if address.version == 6 else str(address)
    return {
        "time_source": datetime.combine(draw(st.sampled_from(DAYS)), time(draw(st.integers(0, 23)), 59, 59), UTC),
        "source_ip": str(address) if way in {"ip", "fqdn+ip"} else None,
        "source_fqdn": host if way.startswith("fqdn") else None,
        "source_url": {"url": f"http://{host}:8080/x", "url-ip": f"https://u:p@{literal}/x?y"}.get(way),
        "source_asn": draw(st.sampled_from([None, 64500, 64501, 64999])) if way != "asn" else 64500,
        "address": address if way in {"ip", "url-ip", "fqdn+ip"} else None,
        "host": host if way in {"fqdn", "url", "fqdn+ip"} else None,
    }


@dataclass(frozen=True)
class Match:
    """One holding that matches, with what orders it: rule, width, age, name."""

    order: tuple[int, int, int, str]
    organization: str
    because: str


def naive(organizations: list[Organization], sighting: dict[str, object]) -> tuple[str | None, str, set[str]]:
    day = sighting["time_source"].date()
    found: list[Match] = []
    for organization in organizations:

        def holds(holding: Network | Domain | AutonomousSystem, organization: Organization = organization) -> bool:
            return all(
                (one.valid_from is None or one.valid_from <= day) and (one.valid_to is None or day <= one.valid_to)
                for one in (holding, organization)
            )

        def age(holding: Network | Domain | AutonomousSystem, organization: Organization = organization) -> int:
            return -max((one.valid_from or date.min).toordinal() for one in (holding, organization))

        for domain in filter(holds, organization.domains):
            host = sighting["host"]
            if host is not None and (host == domain.name or host.endswith("." + domain.name)):
                order = (0, -len(domain.name), age(domain), organization.id)
                found.append(Match(order, organization.id, f"domain {domain.name}"))
        for network in filter(holds, organization.networks):
            address, prefix = sighting["address"], ipaddress.ip_network(network.cidr)
            if address is not None and address.version == prefix.version and address in prefix:
                order = (1, -prefix.prefixlen, age(network), organization.id)
                found.append(Match(order, organization.id, f"network {prefix}"))
        for asn in filter(holds, organization.asns):
            if asn.number == sighting["source_asn"]:
                found.append(Match((2, 0, age(asn), organization.id), organization.id, f"asn {asn.number}"))
    if not found:
        return None, NOBODY, set()
    best = min(found, key=lambda match: match.order)
    return best.organization, best.because, {match.organization for match in found} - {best.organization}


def attributed(
    organizations: list[Organization], seen: list[dict[str, object]], ignored: list[Ignored] | None = None
) -> pl.DataFrame:
    """Run the steps on these sightings; every row gets a port of its own, so that none is a duplicate."""
    columns = ("time_source", "source_ip", "source_fqdn", "source_url", "source_asn")
    events = pl.DataFrame(
        {name: [row[name] for row in seen] for name in columns}
        | {"raw_row": range(len(seen)), "source_port": range(len(seen))},
        schema_overrides={name: chunk.KEY_SCHEMA[name] for name in (*columns, "raw_row", "source_port")},
    )
    result = steps.run(
        chunk.whole(events),
        attributor=Attributor(registry.build(organizations, ignored or [])),
        memory=Memory(),
        sha256="0" * 64,
        received_at=RECEIVED,
    )
    assert result.rows == result.events.height + result.duplicates + len(result.rejects)
    return result.events.sort("raw_row")


@settings(max_examples=150, deadline=None)
@given(constituencies(), st.lists(sightings(), min_size=1, max_size=20))
def test_the_owner_is_who_a_slow_reading_of_the_rules_finds(organizations, seen) -> None:
    events = attributed(organizations, seen)
    assert events.height == len(seen)
    for row, sighting in zip(events.iter_rows(named=True), seen, strict=True):
        owner, because, related = naive(organizations, sighting)
        assert (row["organization"], row["because"], set(row["related"] or [])) == (owner, because, related)


@settings(max_examples=60, deadline=None)
@given(constituencies(), st.lists(sightings(), min_size=2, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_of_organizations_changes_nothing(organizations, seen, random) -> None:
    before = attributed(organizations, seen).select("asset", "organization", "because", "related", "time_source")
    order = list(range(len(seen)))
    random.shuffle(order)
    shuffled_organizations = organizations[::-1]
    after = attributed(shuffled_organizations, [seen[n] for n in order]).select(before.columns)
    assert [before.row(n) for n in order] == after.rows()
