"""The bytes of a message, read back by the standard library, which did not write them."""

from __future__ import annotations

import email
import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.channels.email import addresses, message

LETTER = message.Letter(
    sender="Đội ứng cứu <canhbao@team.example>",
    recipient="anninh@soyte.example",
    name="Bàn an ninh",
    subject="[TLP:AMBER] [TC-2026-000001] Máy chủ của quý đơn vị đang mở điều khiển từ xa (RDP) ra Internet",
    text="Kính gửi Sở Y tế,\n.\n..một dòng bắt đầu bằng dấu chấm\n",
    html="<p>Kính gửi</p>",
    language="vi",
    message_id="<a.1@team.example>",
    tlp="TLP:AMBER",
    reference="TC-2026-000001",
    sent_at=datetime(2026, 11, 25, tzinfo=UTC),
    details=message.table(["asset", "because"], [("203.0.113.7", "=HYPERLINK()")]),
    answers_to=("<first.1@team.example>",),
)


def read(content: bytes) -> EmailMessage:
    found = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_every_part_comes_back_as_it_was_given() -> None:
    mail = read(message.build(LETTER))
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/csv",
    ]
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().splitlines() == LETTER.text.splitlines()
    assert str(mail["Subject"]) == LETTER.subject
    assert str(mail["To"]) == "Bàn an ninh <anninh@soyte.example>"
    (table,) = mail.iter_attachments()
    assert table.get_filename() == "TC-2026-000001.csv"
    assert table.get_payload(decode=True) == LETTER.details
    assert b"'=HYPERLINK" in LETTER.details


def test_headers_stop_auto_replies_and_keep_the_thread() -> None:
    mail = read(message.build(LETTER))
    said = {name: str(mail[name]) for name in ("Auto-Submitted", "Precedence", "List-Id", "In-Reply-To", "References")}
    assert said == {
        "Auto-Submitted": "auto-generated",
        "Precedence": "list",
        "List-Id": "<warnings.team.example>",
        "In-Reply-To": "<first.1@team.example>",
        "References": "<first.1@team.example>",
    }
    assert read(message.build(replace(LETTER, answers_to=())))["In-Reply-To"] is None


def test_no_line_is_longer_than_a_server_takes_and_no_byte_is_above_127() -> None:
    content = message.build(replace(LETTER, text="một dòng rất dài " * 500, html="x" * 5000))
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert all(len(line) <= 78 for line in lines if line.startswith((b"Subject", b" =?utf-8")))


@pytest.mark.parametrize(
    "name",
    ["Evil\r\nBcc: all@everybody.example", "Evil\nX-Bad: 1", "a\0b", "tab\tname", 'quote " and \\ back', "x" * 500, "\u202eesrever"],
)  # fmt: skip
def test_a_name_ends_no_header(name: str) -> None:
    mail = read(message.build(replace(LETTER, name=name)))
    assert mail["Bcc"] is None
    assert mail["X-Bad"] is None
    (to,) = mail["To"].addresses
    assert to.addr_spec == "anninh@soyte.example"
    assert "\u202e" not in str(mail["To"])


@given(st.text(max_size=60), st.text(max_size=200))
def test_whatever_names_and_subjects_hold_there_is_one_recipient(name: str, subject: str) -> None:
    mail = read(message.build(replace(LETTER, name=name, subject=subject)))
    assert [to.addr_spec for to in mail["To"].addresses] == ["anninh@soyte.example"]
    assert len(mail.keys()) == len(read(message.build(LETTER)).keys())


@pytest.mark.parametrize(
    ("given_", "plain"),
    [
        ("anninh@soyte.example", "anninh@soyte.example"),
        ("anninh@SởYTế.example", "anninh@xn--syt-gma7560d.example"),
        ("a.b+c@sub.soyte.example", "a.b+c@sub.soyte.example"),
        ("đội@soyte.example", "đội@soyte.example"),
    ],
)
def test_a_host_name_is_written_in_ascii(given_: str, plain: str) -> None:
    assert addresses.plain(given_).rpartition("@")[0] == plain.rpartition("@")[0]
    assert addresses.plain(given_).rpartition("@")[2].isascii()


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a b@x.example", "a@", "@x.example", "a@x", "a@-x.example", "a\r\nRCPT TO:<b@x.example>@x.example", "<a@x.example>",
     "a@x..example", "a@" + "x" * 70 + ".example", "a..b@x.example", "x" * 65 + "@x.example", "a@[203.0.113.7]"],
)  # fmt: skip
def test_what_is_no_address_is_named(address: str) -> None:
    with pytest.raises(addresses.BadAddress):
        addresses.plain(address)


def test_a_large_table_comes_in_a_zip_that_is_always_the_same() -> None:
    rows = message.table(["asset"], ([f"host-{n}.soyte.example"] for n in range(60_000)))
    letter = replace(LETTER, details=rows)
    content = message.build(letter)
    assert len(content) < len(rows) / 3
    (packed,) = read(content).iter_attachments()
    assert packed.get_filename() == "TC-2026-000001.csv.zip"
    payload = packed.get_payload(decode=True)
    assert isinstance(payload, bytes)
    with zipfile.ZipFile(io.BytesIO(payload)) as archive:
        assert archive.read("TC-2026-000001.csv") == rows
    assert message.build(letter) == content
