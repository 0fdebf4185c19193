"""A claimed domain: a real resolver on loopback shows the record, and the team lets it be held."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.constituency import actions as constituency
from tocsin.constituency.models import Organization
from tocsin.core import constituency as plain
from tocsin.reach import actions as reach

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
    with pytest.raises(reach.NotProven, match="by hand"):
        reach.prove(claim=network, actor=CHI, now=NOW)
    reach.settle_claim(claim=network, approve=True, because="đã gọi điện xác nhận", actor=SYSTEM, now=NOW)
    assert ours.networks.get().cidr == "203.0.113.0/24"
