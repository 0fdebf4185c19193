"""Protected mail, opened by the programs its readers use: gpg and openssl."""

from __future__ import annotations

import email
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tocsin.channels.email import message, openpgp, protect, smime

NOW = datetime.now(UTC)
SUBJECT = "[TLP:AMBER] [TC-2026-000001] Máy chủ RDP mở ra Internet"
TEXT = "Kính gửi Sở Y tế,\nmáy chủ 203.0.113.7 mở cổng 3389.\n"
Program = Callable[..., bytes]


@pytest.fixture
def mail() -> EmailMessage:
    letter = message.Letter(
        sender="Đội ứng cứu <canhbao@team.example>", recipient="anninh@soyte.example", name="Bàn an ninh", subject=SUBJECT, text=TEXT,
        html=f"<p>{TEXT}</p>", language="vi", message_id="<a.1@team.example>", tlp="TLP:AMBER", reference="TC-2026-000001",
        sent_at=datetime(2026, 11, 25, tzinfo=UTC), details=b"asset\r\n203.0.113.7\r\n",
    )  # fmt: skip
    found = email.message_from_bytes(message.build(letter), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def program(name: str, **environment: str) -> Program:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine; the test command says so")

    def run(*arguments: str, given: bytes | None = None) -> bytes:
        done = subprocess.run(
            [found, *arguments], input=given, capture_output=True, env={**os.environ, **environment}, check=False
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    return run


@pytest.fixture
def gpg(tmp_path: Path) -> Iterator[Program]:
    home = tmp_path / "g"  # short: the agent's socket lies in it
    home.mkdir(mode=0o700)
    run = program("gpg", GNUPGHOME=str(home))

    def quiet(*arguments: str, given: bytes | None = None) -> bytes:
        return run("--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", "", *arguments, given=given)

    quiet("--quick-gen-key", "Contact <anninh@soyte.example>", "future-default", "default", "1y")
    quiet("--quick-gen-key", "Team <canhbao@team.example>", "ed25519", "sign", "1y")
    yield quiet
    program("gpgconf", GNUPGHOME=str(home))("--kill", "all")  # gpg leaves its agent running


@pytest.fixture
def openssl(tmp_path: Path) -> Program:
    run = program("openssl")
    for who in ("contact", "team"):
        place = str(tmp_path / who)
        run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={who}.example",
            "-keyout", f"{place}.key", "-out", f"{place}.pem")  # fmt: skip
    return run


def inner(entity: bytes) -> EmailMessage:
    found = email.message_from_bytes(entity, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def is_whole(entity: bytes) -> None:
    body = inner(entity).get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == TEXT.splitlines()
    assert [part.get_filename() for part in inner(entity).iter_attachments()] == ["TC-2026-000001.csv"]


def test_gpg_opens_what_was_encrypted_and_signed_and_nothing_stands_outside(gpg: Program, mail: EmailMessage) -> None:
    public = gpg("--armor", "--export", "anninh@soyte.example")
    secret = gpg("--armor", "--export-secret-keys", "canhbao@team.example")
    sent = protect.protect(mail, openpgp.OpenPGP([public], secret), outer_subject="[TC-2026-000001]")
    outer = inner(sent)
    assert outer["Subject"] == "[TC-2026-000001]"
    assert outer["Message-ID"] == "<a.1@team.example>"
    assert b"203.0.113.7" not in sent
    assert outer.get_content_type() == "multipart/encrypted"
    version, sealed = outer.get_payload()
    assert version.get_payload().strip() == "Version: 1"
    opened = gpg("--decrypt", "--status-fd", "2", given=sealed.get_payload(decode=True))
    is_whole(opened)
    assert inner(opened)["Subject"] == SUBJECT


def test_gpg_verifies_what_was_only_signed(gpg: Program, mail: EmailMessage, tmp_path: Path) -> None:
    secret = gpg("--armor", "--export-secret-keys", "canhbao@team.example")
    sent = protect.protect(mail, openpgp.OpenPGP(signer=secret))
    outer = inner(sent)
    assert outer["Subject"] == SUBJECT
    mark = b"--" + str(outer.get_boundary()).encode()
    entity = sent.split(mark)[1].removeprefix(b"\r\n").removesuffix(b"\r\n")
    is_whole(entity)
    (tmp_path / "entity").write_bytes(entity)
    (tmp_path / "signature").write_bytes(outer.get_payload()[1].get_payload(decode=True))
    gpg("--verify", str(tmp_path / "signature"), str(tmp_path / "entity"))
    (tmp_path / "entity").write_bytes(entity.replace(b"text/csv", b"text/xsv"))
    with pytest.raises(AssertionError, match="BAD signature"):
        gpg("--verify", str(tmp_path / "signature"), str(tmp_path / "entity"))


def test_a_key_that_cannot_be_used_says_why(gpg: Program) -> None:
    public = gpg("--armor", "--export", "anninh@soyte.example")
    key = openpgp.read(public, now=NOW)
    assert key.names == ("Contact <anninh@soyte.example>",)
    assert key.expires_at is not None
    assert timedelta(days=364) < key.expires_at - NOW < timedelta(days=366)
    with pytest.raises(openpgp.BadKey, match="expired on"):
        openpgp.read(public, now=NOW + timedelta(days=400))
    with pytest.raises(openpgp.BadKey, match="secret key"):
        openpgp.read(gpg("--armor", "--export-secret-keys", "canhbao@team.example"), now=NOW)
    with pytest.raises(openpgp.BadKey, match="nothing can be encrypted"):
        openpgp.read(gpg("--armor", "--export", "canhbao@team.example"), now=NOW)
    with pytest.raises(openpgp.BadKey, match="not an OpenPGP key"):
        openpgp.read(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n", now=NOW)


def test_openssl_opens_and_verifies_smime(openssl: Program, mail: EmailMessage, tmp_path: Path) -> None:
    contact, team = (tmp_path / "contact.pem").read_bytes(), (tmp_path / "team.pem").read_bytes()
    key = (tmp_path / "team.key").read_bytes()
    sent = protect.protect(mail, smime.SMIME([contact], (team, key)), outer_subject="[TC-2026-000001]")
    assert b"203.0.113.7" not in sent
    (tmp_path / "sent.eml").write_bytes(sent)
    signed = openssl("cms", "-decrypt", "-in", str(tmp_path / "sent.eml"), "-recip", str(tmp_path / "contact.pem"),
                     "-inkey", str(tmp_path / "contact.key"))  # fmt: skip
    entity = openssl("cms", "-verify", "-CAfile", str(tmp_path / "team.pem"), "-purpose", "any", given=signed)
    is_whole(entity)
    assert inner(entity)["Subject"] == SUBJECT


def test_openssl_refuses_smime_that_was_changed(openssl: Program, mail: EmailMessage, tmp_path: Path) -> None:
    team, key = (tmp_path / "team.pem").read_bytes(), (tmp_path / "team.key").read_bytes()
    sent = protect.protect(mail, smime.SMIME(signer=(team, key)))
    check = ("cms", "-verify", "-CAfile", str(tmp_path / "team.pem"), "-purpose", "any")
    is_whole(openssl(*check, given=sent))
    with pytest.raises(AssertionError, match=r"digest failure|verification failure"):
        openssl(*check, given=sent.replace(b"text/csv", b"text/xsv"))


def test_a_certificate_that_cannot_be_used_says_why(openssl: Program, tmp_path: Path) -> None:
    contact = (tmp_path / "contact.pem").read_bytes()
    assert smime.read(contact, now=NOW).subject == "CN=contact.example"
    with pytest.raises(smime.BadCertificate, match="expired on"):
        smime.read(contact, now=NOW + timedelta(days=31))
    with pytest.raises(smime.BadCertificate, match="not a certificate"):
        smime.read(b"nothing", now=NOW)
    with pytest.raises(smime.BadCertificate, match="secret key"):
        smime.read(contact + (tmp_path / "contact.key").read_bytes(), now=NOW)


def test_nothing_goes_out_in_the_clear_when_protecting_fails(mail: EmailMessage) -> None:
    with pytest.raises(protect.Unprotected):
        protect.protect(mail, openpgp.OpenPGP())
    with pytest.raises(protect.Unprotected):
        protect.protect(mail, smime.SMIME())
