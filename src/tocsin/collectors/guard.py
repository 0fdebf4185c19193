"""Whom Tocsin connects to: public addresses, and the inside networks that the operator lists. Nobody else.

And which folders it looks into: those the operator lists. Who administers feeds in the console does not
thereby read the files of the machine.

An address that a feed, a redirect or a mail names could point inside: at a router, a metadata service,
this machine. A name is therefore resolved once, every address it gives must be allowed, and the
connection goes to that very address: the resolver is not asked again, so it cannot change its mind.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tocsin.collectors.failures import Refused, Unreachable
from tocsin.collectors.limits import Deadline

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PORTS: Final = frozenset({80, 443, 8080, 8443, 143, 993})

# IANA's registries of special-purpose addresses, written out: `is_global` means something else in 3.11.2 than later.
_SPECIAL_4: Final = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
            "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        ),
    )
)  # fmt: skip
_GLOBAL_6: Final = ipaddress.IPv6Network("2000::/3")
_SPECIAL_6: Final = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20")))
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_6TO4: Final = ipaddress.IPv6Network("2002::/16")


def is_public(address: Address) -> bool:
    """Tell whether an address is a public host's. One that carries an IPv4 address is as public as that is."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _SPECIAL_4)
    if (inner := carried(address)) is not None:
        return is_public(inner)
    return address in _GLOBAL_6 and not any(address in network for network in _SPECIAL_6)


def carried(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that a mapped, NAT64 or 6to4 address leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _MAPPED or address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _6TO4:
        return ipaddress.IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return None


class BadNetworks(ValueError):
    """The list of allowed networks is none."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What this installation may reach. `networks` are allowed on every port; public addresses on `ports`."""

    networks: tuple[Network, ...] = ()
    ports: frozenset[int] = PORTS
    folders: tuple[Path, ...] = ()

    def inside(self, path: str) -> Path:
        """Return the real place of a path that is in one of `folders`. Raise Refused."""
        real = Path(path).resolve()
        if not Path(path).is_absolute() or not any(real.is_relative_to(folder.resolve()) for folder in self.folders):
            allowed = ", ".join(map(str, self.folders)) or "none"
            raise Refused("refused-folder", f"{path} is in none of {allowed}; TOCSIN_ALLOWED_FOLDERS can allow it")
        return real

    def addresses(self, host: str, port: int) -> list[Address]:
        """Resolve a host once. Raise Refused if any of its addresses is not allowed, Unreachable if it has none."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Unreachable("name-not-found", f"{host}: {error}") from error
        addresses = list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))
        for address in addresses:
            self._check(address, host, port)
        return addresses

    def _check(self, address: Address, host: str, port: int) -> None:
        inner = carried(address)
        if any(a in network for a in (address, inner) if a is not None for network in self.networks):
            return
        if not is_public(address):
            raise Refused(
                "refused-address",
                f"{host} leads to {address}, which is not public; TOCSIN_ALLOWED_NETWORKS can allow its network",
            )
        if port not in self.ports:
            raise Refused(
                "refused-port", f"port {port} is none of {sorted(self.ports)}; TOCSIN_ALLOWED_PORTS can allow it"
            )

    def connect(self, host: str, port: int, deadline: Deadline) -> socket.socket:
        """Return a connection to one of the host's addresses. Raise NotCollected."""
        last: OSError | None = None
        for address in self.addresses(host, port):
            try:
                connection = socket.create_connection((str(address), port), deadline.wait())
            except OSError as error:
                last = error
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        raise Unreachable("unreachable", f"{host} port {port}: {last or 'no address'}")


def trust() -> ssl.SSLContext:
    """Return whom TLS trusts: the machine's authorities, or those of SSL_CERT_FILE."""
    return ssl.create_default_context()


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read the operator's list. Raise BadNetworks."""
    found: list[Network] = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text.strip()))
        except ValueError as error:
            raise BadNetworks(f"{text.strip()!r} is no network: {error}") from error
    return tuple(found)


def host_allowed(host: str, allowed: Sequence[str]) -> bool:
    """Tell whether a host is one of `allowed`, or below one that is written `.example.org`."""
    host = host.lower().rstrip(".")
    return any(host == name or (name.startswith(".") and host.endswith(name)) for name in map(str.lower, allowed))
