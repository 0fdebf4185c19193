"""Delivery reports: real shapes, written by hand with invented names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.channels.email import bounce

REPORT = b"""\
From: MAILER-DAEMON@mx.soyte.example
To: canhbao@team.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

The mail system could not deliver.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.soyte.example
Arrival-Date: Wed, 25 Nov 2026 02:00:00 +0000

Final-Recipient: rfc822; AnNinh@soyte.example
Original-Recipient: rfc822;anninh@soyte.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <anninh@soyte.example>: Recipient address rejected:
    User unknown

Final-Recipient: rfc822; vanthu@soyte.example
Action: delayed
Status: 4.4.1
Will-Retry-Until: Sat, 28 Nov 2026 02:00:00 +0000

--b
Content-Type: ORIGINAL

From: canhbao@team.example
Message-ID: <abc.1@team.example>
Subject: [TLP:AMBER] x

--b--
"""


@pytest.mark.parametrize("original", [b"message/rfc822", b"text/rfc822-headers"])
def test_a_report_names_each_recipient_and_the_message(original: bytes) -> None:
    failed, delayed = bounce.read(REPORT.replace(b"ORIGINAL", original))
    assert failed.recipient == "anninh@soyte.example"
    assert failed.message_id == "<abc.1@team.example>"
    assert failed.permanent
    assert failed.said.endswith("User unknown")
    assert (delayed.recipient, delayed.action, delayed.permanent) == ("vanthu@soyte.example", "delayed", False)


def test_a_mail_that_only_looks_like_a_bounce_is_none() -> None:
    assert bounce.read(REPORT.replace(b"report-type=delivery-status; ", b"")) == []
    assert bounce.read(b"Subject: Undelivered Mail Returned to Sender\n\n550 5.1.1 <anninh@soyte.example>\n") == []


@given(st.binary(max_size=400), st.integers(0, len(REPORT)))
def test_no_content_makes_it_raise(noise: bytes, place: int) -> None:
    bounce.read(noise)
    for found in bounce.read(REPORT[:place] + noise + REPORT[place:]):
        assert "@" in found.recipient
