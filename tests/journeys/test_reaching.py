"""A warning finds its reader: encrypted or held back, in a room, at a program, on paper, and past a dead address."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import shutil
import socket
import subprocess
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from docx import Document

from tocsin.base.tenancy import SYSTEM
from tocsin.channels.tests import rooms
from tocsin.collectors import guard
from tocsin.constituency import actions as constituency
from tocsin.constituency.models import Contact, Organization
from tocsin.core import constituency as plain
from tocsin.intake import actions as intake
from tocsin.intake.actions import feeds
from tocsin.notices import actions as notices
from tocsin.notices.models import Delivery, Notice
from tocsin.notices.tests import cast
from tocsin.notices.tests.cast import NOW
from tocsin.reach import actions as reach
from tocsin.reach import queries as reached
from tocsin.reach.models import Endpoint

pytestmark = pytest.mark.django_db(transaction=True)
OWNER = "so-y-te"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any) -> None:
    settings.TOCSIN_HOME = tmp_path / "home"
    settings.TOCSIN_HOME.mkdir()
    settings.TOCSIN_EMAIL_URL = ""
    settings.TOCSIN_EMAIL_FROM = "Tocsin <canhbao@team.example>"
    settings.TOCSIN_ALLOWED_NETWORKS = guard.networks(["127.0.0.0/8"])


def _owner(*contacts: plain.Contact) -> Organization:
    told = contacts or (plain.Contact("", f"antoan@{OWNER}.example", ("security",)),)
    value = plain.Organization(OWNER, "Sở Y tế", "Department of Health", language="vi", contacts=told)
    constituency.import_all(organizations=[value], ignored=[], actor=SYSTEM, now=NOW)
    return Organization.objects.get(pk=OWNER)


def _warned(at: datetime = NOW, asset: str = "203.0.113.7") -> Notice:
    cast.found((OWNER, "open-rdp", asset, "high"), at=at)
    notices.run(now=at)
    return Notice.objects.latest("created_at")


def _dsn(delivery: Delivery, status: str = "5.1.1", action: str = "failed") -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: canhbao@team.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
        "Sorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {delivery.recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} no such user\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"Message-ID: {delivery.message_id}\r\nSubject: x\r\n\r\n.\r\n--b--\r\n"
    ).encode()


def test_a_program_verifies_what_it_gets_and_a_room_reads_no_address(settings: Any) -> None:
    owner = _owner()
    with rooms.opened() as program, rooms.opened() as room:
        hook, secret = reach.add_endpoint(
            organization=owner, channel="webhook", address=f"{program.url}/in", actor=SYSTEM, now=NOW
        )
        reach.add_endpoint(
            organization=owner, channel="chat", address=f"mmost://127.0.0.1:{room.port}/8x4kq3mz1tbzfkzrpw7j4n5x6h", actor=SYSTEM, now=NOW
        )  # fmt: skip
        assert "127.0.0.1" not in Endpoint.objects.get(pk=hook.pk).address
        told = _warned()
        assert {(d.channel, d.state) for d in told.deliveries.all()} == {
            ("email", "handed-over"), ("webhook", "handed-over"), ("chat", "handed-over"),
        }  # fmt: skip
        [heard] = program.heard
        stamp = heard.headers["X-Tocsin-Timestamp"]
        own = hmac.new(secret.encode(), f"{stamp}.".encode() + heard.body, hashlib.sha256).hexdigest()
        assert heard.headers["X-Tocsin-Signature"] == f"v1={own}"
        document = json.loads(heard.body)
        assert document["findings"][0]["asset"] == "203.0.113.7"
        assert (document["organization"], document["reference"]) == (OWNER, told.reference)
        [said] = room.heard
        text = json.loads(said.body)["text"]
        assert told.reference in text
        assert "/answer/" in text
        assert "203.0.113.7" not in text
        # What breaks is tried again with the same body under a new signature; what is gone for good is given up.
        program.answer = 503
        _warned(NOW + timedelta(hours=1), "203.0.113.8")
        again = Delivery.objects.filter(channel="webhook").latest("pk")
        assert (again.state, again.attempts) == ("ready", 1)
        program.answer = 200
        notices.run(now=NOW + timedelta(hours=2))
        assert Delivery.objects.get(pk=again.pk).state == "handed-over"
        assert program.heard[1].body == program.heard[2].body
        # A renewed secret: for a time both sign, or at once the new one alone. Signatures say when they really were made.
        for hours, kept, asset in ((1, timedelta(hours=1), "203.0.113.9"), (2, timedelta(), "203.0.113.10")):
            renewed = reach.renew_secret(endpoint=hook, actor=SYSTEM, now=datetime.now(UTC), keep=kept)
            _warned(NOW + timedelta(hours=2 + hours), asset)
            heard = program.heard[-1]
            signed = f"{heard.headers['X-Tocsin-Timestamp']}.".encode() + heard.body
            valid = [renewed, secret] if kept else [renewed]
            digests = (hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in valid)
            assert heard.headers["X-Tocsin-Signature"] == ",".join(f"v1={one}" for one in digests)
        with pytest.raises(reach.BadEndpoint, match="a week"):
            reach.renew_secret(endpoint=hook, actor=SYSTEM, now=NOW, keep=timedelta(days=8))
    settings.TOCSIN_ALLOWED_NETWORKS = ()
    with pytest.raises(reach.BadEndpoint, match="not public"):
        reach.add_endpoint(organization=owner, channel="webhook", address="https://127.0.0.1/", actor=SYSTEM, now=NOW)
    with pytest.raises(reach.BadEndpoint, match="allowed are"):
        reach.add_endpoint(organization=owner, channel="chat", address="exec://ls", actor=SYSTEM, now=NOW)


@pytest.fixture
def gpg_home(tmp_path: Path) -> Iterator[Path]:
    """Give gpg a folder of its own, and end the agent that it leaves running there."""
    home = tmp_path / "g"
    home.mkdir(mode=0o700)
    yield home
    if gpgconf := shutil.which("gpgconf"):
        subprocess.run([gpgconf, "--homedir", str(home), "--kill", "all"], check=True)


def test_a_contact_with_a_key_gets_only_what_gpg_opens_and_without_one_nothing_when_that_is_demanded(
    tmp_path: Path, gpg_home: Path, settings: Any
) -> None:
    gpg = shutil.which("gpg")
    if gpg is None:
        pytest.skip("gpg is not on this machine; the test command says so")

    def run(*arguments: str, given: bytes | None = None) -> bytes:
        always = ["--homedir", str(gpg_home), "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""]
        return subprocess.run([gpg, *always, *arguments], input=given, capture_output=True, check=True).stdout

    address = f"antoan@{OWNER}.example"
    other = plain.Contact("Trực", f"truc@{OWNER}.example", ("duty",))
    _owner(plain.Contact("", address, ("security",)), other)
    contact = Contact.objects.get(email=address)
    constituency.demand_encryption(contact=contact, demanded=True, actor=SYSTEM, now=NOW)
    told = _warned()
    held = told.deliveries.get(recipient=address)
    assert (held.state, held.failure) == ("failed", "no-key")
    # Somebody must know: the next contact is told instead.
    assert told.deliveries.get(recipient=other.email).state == "handed-over"
    run("--quick-gen-key", f"A <{address}>", "future-default", "default", "1y")
    key = run("--armor", "--export", address).decode()
    added = reach.add_key(contact=contact, content=key, actor=SYSTEM, now=datetime.now(UTC))
    assert added.expires_at is not None
    with pytest.raises(reach.BadKey, match="secret key"):
        secret = run("--armor", "--export-secret-keys", address).decode()
        reach.add_key(contact=contact, content=secret, actor=SYSTEM, now=datetime.now(UTC))
    notices.retry(notice=told, actor=SYSTEM, now=NOW)
    notices.run(now=NOW)
    sent = told.deliveries.select_related("message").get(recipient=address)
    assert sent.state == "handed-over"
    content = zlib.decompress(sent.message.content)
    assert b"203.0.113.7" not in content
    outer = message_from_bytes(content, policy=policy.default)
    assert outer["Subject"] == f"[{told.reference}]"
    opened = run("--decrypt", given=list(outer.iter_parts())[1].get_payload(decode=True))  # type: ignore[attr-defined]
    body = message_from_bytes(opened, policy=policy.default).get_body(("plain",))  # type: ignore[attr-defined]
    assert "203.0.113.7" in body.get_content()


class Post:
    """A real mail server on loopback that keeps what comes, byte for byte, by recipient."""

    def __init__(self) -> None:
        self.came: dict[str, list[bytes]] = {}

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        for recipient in envelope.rcpt_tos:
            self.came.setdefault(recipient, []).append(envelope.original_content or b"")  # type: ignore[arg-type]
        return "250 taken"


@pytest.fixture
def post(settings: Any) -> Iterator[Post]:
    found = Post()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(found, hostname="127.0.0.1", port=port)
    controller.start()
    settings.TOCSIN_EMAIL_URL = f"smtp://127.0.0.1:{port}"
    yield found
    controller.stop()


def _certificate(place: Path, name: str, until: datetime) -> str:
    """Write a key and its certificate, which ends at an instant, and return the certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    whose = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(whose, whose, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(until - timedelta(days=900)).not_valid_after(until)
    made = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    pem = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, pem, serialization.NoEncryption())
    place.with_suffix(".pem").write_bytes(made)
    place.with_suffix(".key").write_bytes(secret)
    return made.decode()


def test_a_contact_with_a_certificate_gets_only_what_openssl_opens_and_nothing_once_it_has_expired(
    tmp_path: Path, settings: Any, post: Post
) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not on this machine; the test command says so")

    def run(*arguments: str, given: bytes) -> bytes:
        return subprocess.run([openssl, "cms", *arguments], input=given, capture_output=True, check=True).stdout

    def verified(signed: bytes) -> str:
        """Return what a mail says that the team signed. Fail when anything of it was changed on its way."""
        entity = run(
            "-verify", "-CAfile", str(team.with_suffix(".pem")), "-purpose", "any", "-no_check_time", given=signed
        )
        return message_from_bytes(entity, policy=policy.default).get_body(("plain",)).get_content()  # type: ignore[attr-defined, no-any-return]

    def opened(sealed: bytes, who: Path) -> str:
        with pytest.raises(subprocess.CalledProcessError):
            run("-decrypt", "-inkey", str(team.with_suffix(".key")), given=sealed)
        assert message_from_bytes(sealed, policy=policy.default)["Subject"].startswith("[TC-")
        recipient = ("-recip", str(who.with_suffix(".pem")), "-inkey", str(who.with_suffix(".key")))
        return verified(run("-decrypt", *recipient, given=sealed))

    team, old, new = tmp_path / "team", tmp_path / "old", tmp_path / "new"
    _certificate(team, "team.example", NOW + timedelta(days=500))
    settings.TOCSIN_SMIME_CERTIFICATE = str(team.with_suffix(".pem"))
    settings.TOCSIN_SMIME_KEY = str(team.with_suffix(".key"))
    address, other = f"antoan@{OWNER}.example", f"truc@{OWNER}.example"
    owner = _owner(plain.Contact("", address, ("security",)), plain.Contact("Trực", other, ("duty",)))
    contact = Contact.objects.get(email=address)
    end = NOW + timedelta(days=10)
    reach.add_key(contact=contact, content=_certificate(old, address, end), actor=SYSTEM, now=NOW)
    constituency.demand_encryption(contact=contact, demanded=True, actor=SYSTEM, now=NOW)
    told = _warned()
    assert told.deliveries.get(recipient=address).state == "handed-over"
    [sealed] = post.came.pop(address)
    assert b"203.0.113.7" not in sealed
    assert "203.0.113.7" in opened(sealed, old)
    post.came.clear()

    later = end + timedelta(hours=1)
    late = _warned(later, "203.0.113.8")
    held = late.deliveries.get(recipient=address)
    assert (held.state, held.failure) == ("failed", "key-expired")
    assert f"expired on {end:%Y-%m-%d}" in held.response
    # Nothing went to it in the clear; who is told instead gets mail that the team signed.
    assert address not in post.came
    assert "203.0.113.8" in verified(post.came[other][0])
    assert "no-key" in reached.reachability(SYSTEM, [owner.pk], later)[owner.pk].reasons
    reach.add_key(
        contact=contact, content=_certificate(new, address, end + timedelta(days=30)), actor=SYSTEM, now=later
    )
    notices.retry(notice=late, actor=SYSTEM, now=later)
    notices.run(now=later)
    [sealed] = post.came[address]
    assert "203.0.113.8" in opened(sealed, new)
    # Who does not insist gets mail as before, in the clear, and the team sees that the key no longer serves.
    constituency.demand_encryption(contact=contact, demanded=False, actor=SYSTEM, now=later)
    last = end + timedelta(days=31)
    assert "key-expired" in reached.reachability(SYSTEM, [owner.pk], last)[owner.pk].reasons
    _warned(last, "203.0.113.9")
    assert "203.0.113.9" in verified(post.came[address][-1])


def test_a_bounce_marks_the_address_and_the_next_contact_is_told() -> None:
    first, second = f"antoan@{OWNER}.example", f"truc@{OWNER}.example"
    _owner(plain.Contact("", first, ("security",)), plain.Contact("", second, ("duty",)))
    told = _warned()
    [mail] = told.deliveries.all()
    assert mail.recipient == first
    values = feeds.FeedValues(code="thu-tra-ve", way="push", name="Thư trả về", format="bounces")
    feed = feeds.add(values=values, actor=SYSTEM, now=NOW)
    for content in (_dsn(mail, "4.4.1", "delayed"), _dsn(mail), _dsn(mail), b"Subject: Holiday\r\n\r\nI am away.\r\n"):
        intake.take(content=content, name="INBOX.eml", now=NOW, feed=feed)
    learnt = notices.read_bounces(now=NOW + timedelta(hours=1))
    assert (learnt.deliveries, learnt.delayed, learnt.unknown, learnt.contacts_told) == (1, 1, 1, 1)
    assert notices.read_bounces(now=NOW + timedelta(hours=2)).deliveries == 0
    mail.refresh_from_db()
    assert (mail.state, mail.failure) == ("bounced", "bounced")
    assert "5.1.1" in mail.response
    assert Contact.objects.get(email=first).state == "dead"
    told.refresh_from_db()
    assert told.state == "partly-sent"
    notices.run(now=NOW + timedelta(hours=1))
    assert told.deliveries.get(recipient=second).state == "handed-over"
    # The next warning does not go to a dead address; a full mailbox kills none.
    later = _warned(NOW + timedelta(days=30), "203.0.113.9")
    [only] = later.deliveries.all()
    assert only.recipient == second
    notices.learn_bounces(contents=[_dsn(only, "5.2.2")], now=NOW + timedelta(days=30))
    assert Contact.objects.get(email=second).state == "active"
    later.refresh_from_db()
    assert later.state == "failed"


def test_a_letter_is_numbered_once_and_handed_over_when_a_person_says_so() -> None:
    _owner()
    told = _warned()
    row = notices.order_letter(notice=told, actor=SYSTEM, now=NOW)
    with pytest.raises(notices.LetterExists):
        notices.order_letter(notice=told, actor=SYSTEM, now=NOW)
    notices.run(now=NOW)
    row.refresh_from_db()
    assert row.state == "by-hand"
    row = Delivery.objects.select_related("message", "notice").get(pk=row.pk)
    document = Document(io.BytesIO(notices.document(delivery=row, ending="docx", now=NOW)))
    words = "\n".join(
        [p.text for p in document.paragraphs] + [c.text for t in document.tables for r in t.rows for c in r.cells]
    )
    assert "Số: 01/" in words
    assert "203.0.113.7" in words
    assert "THƯỢNG KHẨN" in words
    assert notices.document(delivery=row, ending="pdf", now=NOW).startswith(b"%PDF-")
    with pytest.raises(notices.NotYet):
        notices.note_carried(delivery=row, on=date(2099, 1, 1), actor=SYSTEM, now=NOW)
    notices.note_carried(delivery=row, on=NOW.date(), actor=SYSTEM, now=NOW + timedelta(hours=1))
    row.refresh_from_db()
    assert row.state == "handed-over"
    assert row.response == f"handed over by hand on {NOW.date().isoformat()}"
