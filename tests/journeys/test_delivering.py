"""From a decision to mail in somebody's box: languages, threads, partial failure, a server that is away."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tocsin.base.tenancy import SYSTEM
from tocsin.findings import actions as findings
from tocsin.findings.models import Finding
from tocsin.notices import actions as notices
from tocsin.notices import queries as noticed
from tocsin.notices.models import Channel, Delivery
from tocsin.notices.tests import cast
from tocsin.notices.tests.cast import NOW

pytestmark = pytest.mark.django_db(transaction=True)


class Box:
    """A real server on loopback; `answers` says what it answers to a recipient."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # fmt: skip # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.answers.get(address, "250 fine")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default))  # type: ignore[arg-type]
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        """Return what came for an address."""
        return [mail for mail in self.mails if address in str(mail["To"])]


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.fixture
def box(tmp_path: object, settings: object) -> Iterator[Box]:
    found = Box()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(found, hostname="127.0.0.1", port=port)
    controller.start()
    settings.TOCSIN_HOME = tmp_path  # type: ignore[attr-defined]
    settings.TOCSIN_EMAIL_URL = f"smtp://127.0.0.1:{port}"  # type: ignore[attr-defined]
    cast.organizations("bv-a")
    yield found
    controller.stop()


def test_each_contact_is_told_in_their_language(box: Box) -> None:
    cast.contact("bv-a", "minister@bv-a.example", language="en")
    cast.found(("bv-a", "open-rdp", "203.0.113.7", "high"))
    notices.run(now=NOW)
    (vi,), (en,) = box.to("security@bv-a.example"), box.to("minister@bv-a.example")
    assert (vi["Content-Language"], en["Content-Language"]) == ("vi", "en")
    assert "Máy chủ của quý đơn vị" in str(vi["Subject"])
    assert "thuộc quý đơn vị vì: dải địa chỉ 203.0.113.0/24" in _text(vi)
    text = _text(en)
    for said in ("203.0.113.7, port 3389", "yours because: network 203.0.113.0/24", "What to do first:", "Please fix by:",
                 "Block the RDP port", "/kinds/open-rdp/", "/answer/", "It may be shared within your organization"):  # fmt: skip
        assert said in text
    assert str(vi["X-Tocsin-Reference"]) == str(en["X-Tocsin-Reference"])
    assert str(vi["Message-ID"]) != str(en["Message-ID"])


def test_later_notices_of_the_same_matter_stay_in_its_thread(box: Box) -> None:
    cast.found(("bv-a", "open-rdp", "203.0.113.7", "high"))
    notices.run(now=NOW)
    cast.found(("bv-a", "open-rdp", "203.0.113.8", "high"), at=NOW + timedelta(hours=1))
    notices.run(now=NOW + timedelta(hours=1))
    notices.run(now=NOW + timedelta(days=9))
    first, more, reminder = box.mails
    assert first["In-Reply-To"] is None
    assert [str(mail["In-Reply-To"]) for mail in (more, reminder)] == [str(first["Message-ID"])] * 2
    assert "203.0.113.7" not in _text(more)
    assert "Vấn đề được phát hiện thêm ở nơi khác" in _text(more)
    assert str(reminder["Subject"]).partition("] Nhắc lại: ")[1]
    assert "203.0.113.7" in _text(reminder)
    assert "203.0.113.8" in _text(reminder)


def test_when_all_is_gone_that_is_said_once_and_asks_nothing(box: Box) -> None:
    cast.found(("bv-a", "open-rdp", "203.0.113.7", "high"))
    notices.run(now=NOW)
    Finding.objects.update(sensor="gone")
    findings.note_news([("bv-a", "open-rdp")])
    later = NOW + timedelta(days=3)
    assert notices.run(now=later)["reasons"] == {"all-resolved": 1}
    text = _text(box.mails[-1])
    assert "Không cần làm gì thêm" in text
    assert "/answer/" not in text
    assert notices.run(now=later + timedelta(days=30))["reasons"] == {"nothing-new": 1}
    assert len(box.mails) == 2


def test_a_recipient_who_is_refused_is_named_and_the_others_are_told(box: Box) -> None:
    cast.contact("bv-a", "gone@bv-a.example")
    box.answers = {"gone@bv-a.example": "550 no such user"}
    cast.found(("bv-a", "open-rdp", "203.0.113.7", "high"))
    assert notices.run(now=NOW)["failed"] == 1
    (notice,) = noticed.notices(SYSTEM)
    assert notice.state == "partly-sent"
    assert {d.recipient: (d.state, d.failure) for d in notice.deliveries.all()} == {
        "gone@bv-a.example": ("failed", "refused"),
        "security@bv-a.example": ("handed-over", ""),
    }
    assert Finding.objects.get().warned_at == NOW


def test_one_who_is_put_off_again_and_again_is_given_up_with_a_name(box: Box) -> None:
    box.answers = {"security@bv-a.example": "451 greylisted"}
    cast.found(("bv-a", "open-rdp", "203.0.113.7", "high"))
    now = NOW
    for _ in range(8):
        notices.deliver(now=now) if Delivery.objects.exists() else notices.run(now=now)
        now = max(Delivery.objects.get().next_attempt_at, now)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.failure, delivery.attempts, delivery.response) == (
        "failed",
        "gave-up",
        7,
        "451 greylisted",
    )
    assert noticed.notices(SYSTEM).get().state == "failed"


def test_a_server_that_is_away_costs_no_attempt_is_visible_and_comes_back(box: Box, settings: object) -> None:
    right = settings.TOCSIN_EMAIL_URL  # type: ignore[attr-defined]
    settings.TOCSIN_EMAIL_URL = "smtp://127.0.0.1:1"  # type: ignore[attr-defined]
    cast.found(("bv-a", "open-rdp", "203.0.113.7", "high"))
    now: datetime = NOW
    for _ in range(20):
        notices.run(now=now)
        now += timedelta(minutes=6)
    channel = Channel.objects.get()
    assert (channel.name, channel.down_since, channel.failures) == ("email", NOW, 20)
    assert "127.0.0.1:1" in channel.says
    assert Delivery.objects.get().attempts == 0
    settings.TOCSIN_EMAIL_URL = right  # type: ignore[attr-defined]
    assert notices.run(now=now)["sent"] == 1
    assert not Channel.objects.exists()


def test_a_notice_nobody_could_be_told_goes_out_when_somebody_can(box: Box) -> None:
    cast.organizations("so-b", contacts=False)
    cast.found(("so-b", "open-rdp", "203.0.113.9", "high"))
    assert notices.run(now=NOW)["reasons"] == {"no-contact": 1}
    assert notices.run(now=NOW + timedelta(days=30))["reasons"] == {"no-contact": 1}
    cast.contact("so-b", "first@so-b.example")
    figures = notices.run(now=NOW + timedelta(days=31))
    assert (figures["sent"], figures["reasons"]) == (1, {"first": 1})
    assert sorted(noticed.notices(SYSTEM).values_list("state", flat=True)) == ["sent", "withdrawn"]


def test_a_promise_is_waited_for_and_a_fix_in_vain_is_told(box: Box) -> None:
    cast.found(("bv-a", "open-rdp", "203.0.113.7", "high"))
    notices.run(now=NOW)
    notice = noticed.notices(SYSTEM).get()
    until = (NOW + timedelta(days=12)).date()
    notices.answer(notice=notice, word="fixing", by="x@bv-a.example", means="link", now=NOW, until=until)
    assert notices.run(now=NOW + timedelta(days=11))["sent"] == 0
    assert notices.run(now=NOW + timedelta(days=14))["reasons"] == {"reminder-due": 1}
    said = NOW + timedelta(days=15)
    notices.answer(notice=notice, word="fixed", by="x@bv-a.example", means="link", now=said)
    assert notices.run(now=said + timedelta(days=20))["sent"] == 0
    cast.found(("bv-a", "open-rdp", "203.0.113.7", "high"), at=said + timedelta(days=21))
    assert notices.run(now=said + timedelta(days=21, minutes=1))["reasons"] == {"seen-again": 1}
    assert "nguồn tin vẫn còn thấy" in _text(box.mails[-1])
    assert notice.answers.count() == 2
