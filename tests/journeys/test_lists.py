"""Lists are tools: what narrows them is in the address, and what is seen leaves as a file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tocsin.base.tenancy import SYSTEM, Role
from tocsin.findings import queries as findings
from tocsin.notices import queries as noticed

pytestmark = pytest.mark.django_db(transaction=True)
SignedIn = Callable[..., Client]


def _rows(client: Client, url: str) -> list[dict[str, str]]:
    response: Any = client.get(url)
    return list(csv.DictReader(io.StringIO(b"".join(response).decode("utf-8-sig"))))


def test_findings_are_narrowed_to_a_feed_on_the_page_and_in_the_file(town: None, signed_in: SignedIn) -> None:
    feeds = Counter(feed for finding in findings.findings(SYSTEM) for feed in finding.feeds)
    feed, n = feeds.most_common()[-1]
    assert 0 < n < findings.findings(SYSTEM).count()
    client = signed_in(Role.ANALYST)
    text = client.get(f"/findings/?feed={feed}").content.decode()
    assert f'<option value="{feed}">' in text
    assert len(_rows(client, f"/findings/file/csv/?feed={feed}")) == n
    assert _rows(client, "/findings/file/csv/?feed=no-such-feed") == []


def test_a_contact_is_not_told_of_feeds(town: None, signed_in: SignedIn) -> None:
    client = signed_in(Role.CONTACT, "so-khoa-hoc")
    text = client.get("/findings/").content.decode()
    assert 'name="feed"' not in text
    own = findings.findings(SYSTEM, organization="so-khoa-hoc").count()
    assert len(_rows(client, "/findings/file/csv/?feed=no-such-feed")) == own > 0


def test_sent_mail_leaves_as_a_file_with_what_the_server_said(town: None, signed_in: SignedIn) -> None:
    client = signed_in(Role.READER)
    rows = _rows(client, "/sent/file/csv/")
    assert {row["id"] for row in rows} == {str(d.pk) for d in noticed.deliveries(SYSTEM)}
    one = noticed.deliveries(SYSTEM)[0]
    (row,) = [row for row in rows if row["id"] == str(one.pk)]
    assert {one.recipient, one.message_id, one.notice.reference, one.response} <= set(row.values())
    assert _rows(client, "/sent/file/csv/?recipient=nobody@x.example") == []
    book = client.get("/sent/file/xlsx/")
    assert book["Content-Type"].startswith("application/vnd.openxmlformats")
    book.close()
