"""The guard: whom it lets through, whom it does not, in every spelling."""

from __future__ import annotations

import ipaddress
import socket

import pytest

from tocsin.collectors import guard
from tocsin.collectors.failures import Refused, Unreachable
from tocsin.collectors.http.fetch import fetch
from tocsin.collectors.limits import Deadline, Limits
from tocsin.collectors.tests.conftest import LOOPBACK
from tocsin.collectors.tests.web import Web

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "192.88.99.1", "::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1",
    "2001::1", "2001:2::1", "3fff::1", "64:ff9b:1::1", "100::1", "::7f00:1", "4000::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1",
    "2002:c0a8:101::",
]  # fmt: skip
OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "172.32.0.1",
    "2606:4700::1111",
    "::ffff:1.1.1.1",
    "64:ff9b::808:808",
    "2002:101:101::1",
]


@pytest.mark.parametrize("text", INSIDE)
def test_an_address_inside_is_not_public(text: str) -> None:
    assert not guard.is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", OUTSIDE)
def test_an_address_outside_is_public(text: str) -> None:
    assert guard.is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "0", "::1", "::ffff:127.0.0.1"],
)
def test_no_spelling_of_this_machine_gets_through(host: str) -> None:
    try:
        guard.Guard().addresses(host, 80)
    except Refused as refused:
        assert refused.reason == "refused-address"
    except Unreachable as unknown:
        assert unknown.reason == "name-not-found"
    else:
        pytest.fail(f"{host} got through")


def test_a_name_is_refused_if_one_of_its_addresses_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    _names(monkeypatch, feed=["1.1.1.1", "10.0.0.5"])
    with pytest.raises(Refused, match=r"feed leads to 10\.0\.0\.5"):
        guard.Guard().addresses("feed", 443)


def test_the_name_is_looked_up_once_and_what_it_gave_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, http: Web
) -> None:
    # A resolver that changes its mind: first an allowed address, later another.
    asked = _names(monkeypatch, feed=["127.0.0.1"], later=["169.254.169.254"])
    http.gives("/list", b"192.0.2.1\n")
    with fetch(http.url("/list", "feed"), guard=LOOPBACK, limits=Limits()) as answer:
        assert answer.content.read() == b"192.0.2.1\n"
    assert asked.count("feed") == 1
    assert http.headers()["host"] == f"feed:{http.port}"


def test_a_port_that_is_not_listed_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        guard.Guard().addresses("1.1.1.1", 25)
    assert refused.value.reason == "refused-port"
    assert guard.Guard(ports=frozenset({25})).addresses("1.1.1.1", 25)


def test_an_allowed_network_is_allowed_whole_and_alone() -> None:
    inside = guard.Guard(guard.networks(["10.20.0.0/16", "fd00:1::/32"]))
    assert inside.addresses("10.20.255.1", 8765)
    assert inside.addresses("::ffff:10.20.0.1", 80)
    assert inside.addresses("fd00:1::5", 143)
    with pytest.raises(Refused):
        inside.addresses("10.21.0.1", 80)


def test_a_list_of_networks_that_is_none_says_which() -> None:
    with pytest.raises(guard.BadNetworks, match=r"10\.0\.0\.1/8"):
        guard.networks(["192.168.0.0/16", "10.0.0.1/8"])


def test_nobody_listening_is_said_so() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(Unreachable, match=f"127.0.0.1 port {port}"):
        LOOPBACK.connect("127.0.0.1", port, Deadline(5, 5))


def test_a_host_is_allowed_by_its_name_or_by_a_domain_above_it() -> None:
    assert guard.host_allowed("DL.reports.example.", ["dl.reports.example"])
    assert guard.host_allowed("a.reports.example", [".reports.example"])
    assert not guard.host_allowed("reports.example.evil.example", ["reports.example", ".reports.example"])
    assert not guard.host_allowed("evilreports.example", [".reports.example"])
    assert not guard.host_allowed("", [])


def _names(monkeypatch: pytest.MonkeyPatch, **names: list[str]) -> list[str]:
    """Answer for some names as a resolver would; `later` is what any of them gives at the second look-up."""
    real, asked = socket.getaddrinfo, []

    def look_up(host: str, port: int, *rest: object, **more: object) -> list[object]:
        known = names.get("later" if host in asked else host)
        asked.append(host)
        if known is None:
            return real(host, port, *rest, **more)  # type: ignore[arg-type, return-value]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked
