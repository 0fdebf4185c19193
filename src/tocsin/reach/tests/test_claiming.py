"""A claimed domain: a real resolver on loopback shows the record, and the team lets it be held."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path

import pytest

from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.constituency import actions as constituency
from tocsin.constituency.models import Organization
from tocsin.core import constituency as plain
from tocsin.reach import actions as reach
from tocsin.reach import rules

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
CHI = Viewer(7, "chi@xa-a.example", Role.CONTACT, frozenset({"xa-a"}))


class Resolver:
    """Answers every question with these TXT records."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.asked: list[bytes] = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address: tuple[str, int] = self.socket.getsockname()
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            question, who = self.socket.recvfrom(4096)
            if question == b"end":
                return
            self.asked.append(question)
            head = question[:2] + struct.pack("!5H", 0x8180, 1, len(self.texts), 0, 0)
            records = b""
            for text in self.texts:
                data = bytes([len(text)]) + text.encode()
                records += b"\xc0\x0c" + struct.pack("!HHIH", 16, 1, 60, len(data)) + data
            self.socket.sendto(head + question[12:] + records, who)

    def close(self) -> None:
        self.socket.sendto(b"end", self.address)
        self.thread.join()
        self.socket.close()


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    found = Resolver()
    yield found
    found.close()


def test_a_domain_is_held_once_it_was_proven_and_approved(resolver: Resolver, settings: object) -> None:
    settings.TOCSIN_ALLOWED_NETWORKS = ()  # type: ignore[attr-defined]
    constituency.import_all(
        organizations=[plain.Organization("xa-a", "Xã A", "Commune A")], ignored=[], actor=SYSTEM, now=NOW
    )
    owner = Organization.objects.get(pk="xa-a")
    claim = reach.claim_holding(organization=owner, kind="domain", value="xa-a.invalid", actor=CHI, now=NOW)
    assert reach.claim_holding(organization=owner, kind="domain", value="XA-A.invalid.", actor=CHI, now=NOW) == claim
    resolver.texts = ["v=spf1 -all", "tocsin-claim=00"]
    with pytest.raises(reach.NotProven, match="dns: not there"):
        reach.prove(claim=claim, actor=CHI, now=NOW, resolver=resolver.address)
    with pytest.raises(reach.NotProven, match="say why"):
        reach.settle_claim(claim=claim, approve=True, because="", actor=SYSTEM, now=NOW)
    resolver.texts.append(claim.token)
    assert reach.prove(claim=claim, actor=CHI, now=NOW, resolver=resolver.address) == "dns"
    assert b"\x07_tocsin\x04xa-a\x07invalid" in resolver.asked[-1]
    assert not owner.domains.exists()
    with pytest.raises(NotAllowed):
        reach.settle_claim(claim=claim, approve=True, because="", actor=CHI, now=NOW)
    reach.settle_claim(claim=claim, approve=True, because="", actor=SYSTEM, now=NOW)
    [held] = owner.domains.all()
    assert (held.name, held.valid_from) == ("xa-a.invalid", NOW.date())
    with pytest.raises(reach.AlreadySettled):
        reach.settle_claim(claim=claim, approve=False, because="", actor=SYSTEM, now=NOW)


def test_what_is_no_domain_or_somebody_elses_organization_is_refused() -> None:
    constituency.import_all(
        organizations=[plain.Organization("xa-a", "A", "A"), plain.Organization("xa-b", "B", "B")], ignored=[], actor=SYSTEM, now=NOW
    )  # fmt: skip
    ours, others = Organization.objects.get(pk="xa-a"), Organization.objects.get(pk="xa-b")
    with pytest.raises(NotAllowed):
        reach.claim_holding(organization=others, kind="domain", value="xa-b.example", actor=CHI, now=NOW)
    with pytest.raises(reach.BadClaim):
        reach.claim_holding(organization=ours, kind="network", value="203.0.113.1/24", actor=CHI, now=NOW)
    network = reach.claim_holding(organization=ours, kind="network", value="203.0.113.0/24", actor=CHI, now=NOW)
    with pytest.raises(reach.BadClaim, match="no address in"):
        reach.prove(claim=network, actor=CHI, now=NOW, host="198.51.100.1")
    reach.settle_claim(claim=network, approve=True, because="đã gọi điện xác nhận", actor=SYSTEM, now=NOW)
    assert ours.networks.get().cidr == "203.0.113.0/24"


def test_a_network_is_proven_at_the_reverse_zones_it_fills() -> None:
    whole = {
        "203.0.113.0/24": ["113.0.203.in-addr.arpa"],
        "198.18.0.0/15": ["18.198.in-addr.arpa", "19.198.in-addr.arpa"],
        "203.0.113.8/29": ["8.113.0.203.in-addr.arpa", "15.113.0.203.in-addr.arpa"],
        "203.0.113.8/32": ["8.113.0.203.in-addr.arpa"],
        "203.0.64.0/18": [],
        "2001:db8::/32": ["8.b.d.0.1.0.0.2.ip6.arpa"],
        "2001:db8::/47": ["0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"],
    }
    assert {cidr: rules.reverse_names(cidr) for cidr in whole} == {
        cidr: [f"_tocsin.{name}" for name in names] for cidr, names in whole.items()
    }


def test_a_network_is_proven_by_its_reverse_zone_or_by_a_file_at_one_of_its_addresses(
    resolver: Resolver, settings: object, tmp_path: Path
) -> None:
    constituency.import_all(organizations=[plain.Organization("xa-a", "A", "A")], ignored=[], actor=SYSTEM, now=NOW)
    owner = Organization.objects.get(pk="xa-a")
    claim = reach.claim_holding(organization=owner, kind="network", value="127.0.0.0/30", actor=CHI, now=NOW)
    (tmp_path / ".well-known").mkdir()
    (tmp_path / ".well-known" / "tocsin-claim.txt").write_text(f"x\n{claim.token}\n")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        told = {"actor": CHI, "now": NOW, "resolver": resolver.address, "port": server.server_port, "host": "127.0.0.1"}
        try:
            settings.TOCSIN_ALLOWED_NETWORKS = ()  # type: ignore[attr-defined]
            with pytest.raises(reach.NotProven, match="not public"):
                reach.prove(claim=claim, **told)
            settings.TOCSIN_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"),)  # type: ignore[attr-defined]
            assert reach.prove(claim=claim, **told) == "file"
        finally:
            server.shutdown()
            thread.join()
    resolver.texts = [claim.token]
    assert reach.prove(claim=claim, actor=CHI, now=NOW, resolver=resolver.address) == "dns"
    assert len({question[12:] for question in resolver.asked}) == 2  # of the first and the last address
    claim.refresh_from_db()
    assert (claim.state, claim.proven_by) == ("proven", "dns")
