"""What was held when, and what a dismissal covers: thinking without rows."""

from __future__ import annotations

import ipaddress
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from tocsin.pipeline.registry import Registry


def holdings(registry: Registry) -> bytes:
    """Return everything held as lines `value, organization, because, first day, last day`, sorted: the same set, the same bytes."""
    named = [
        *((str(network), holding) for network, holding in registry.prefixes),
        *registry.domains,
        *((f"AS{number}", holding) for number, holding in registry.asns),
    ]
    lines = {f"{value}\t{h.organization or ''}\t{h.because}\t{h.since}\t{h.until}" for value, h in named}
    return "\n".join(sorted(lines)).encode()


def fingerprint(content: bytes) -> str:
    """Return the checksum that names such lines."""
    return sha256(content).hexdigest()


def packed(content: bytes) -> bytes:
    """Return the lines as they are stored."""
    return zlib.compress(content, 6)


def changed(before: bytes, after: bytes) -> set[str]:
    """Return the values (prefixes, names, `AS…`) that stored lines hold otherwise than the lines of today."""
    old, new = set(zlib.decompress(before).decode().split("\n")), set(after.decode().split("\n"))
    return {line.partition("\t")[0] for line in old ^ new} - {""}


@dataclass(slots=True)
class Cover:
    """Values that cover others: a prefix covers those inside it, a name those below it, an AS what it announces."""

    _networks: dict[tuple[int, int], dict[int, str]] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def __init__(self, values: Iterable[str]) -> None:
        self._networks, self._names = {}, {}
        for value in values:
            try:
                network = ipaddress.ip_network(value)
            except ValueError:
                self._names[value.lower()] = value
                continue
            self._networks.setdefault((network.version, network.prefixlen), {})[int(network.network_address)] = value

    def find(self, value: str, asn: int | None = None) -> str | None:
        """Return the value that covers `value`, which `asn` announces, or None."""
        if asn is not None and (found := self._names.get(f"as{asn}")):
            return found
        try:
            network = ipaddress.ip_network(value)
        except ValueError:
            labels = value.lower().split(".")
            names = (".".join(labels[n:]) for n in range(len(labels)))
            return next((self._names[name] for name in names if name in self._names), None)
        address, bits = int(network.network_address), network.max_prefixlen
        for (version, length), held in self._networks.items():
            if version == network.version and length <= network.prefixlen:
                start = address >> (bits - length) << (bits - length)
                if start in held:
                    return held[start]
        return None
