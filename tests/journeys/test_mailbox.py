"""From a real mailbox to events: zipped reports as a feed mails them, packed in every way, and some that are none."""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tocsin.base.tenancy import SYSTEM
from tocsin.collectors import guard
from tocsin.collectors.tests import web
from tocsin.collectors.tests.conftest import _dovecot, mailbox, signed, trusted  # noqa: F401 - fixtures
from tocsin.collectors.tests.dovecot import PASSWORD, Dovecot
from tocsin.collectors.tests.test_imap import mail
from tocsin.findings import actions as findings
from tocsin.intake import actions as intake
from tocsin.intake import queries
from tocsin.intake.actions import feeds
from tocsin.intake.models import Arrival, Batch, Collection, Feed

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
HEADING = '"timestamp","ip","protocol","port","hostname","tag","asn","geo","region","city"\n'


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any) -> None:
    settings.TOCSIN_HOME = tmp_path / "home"
    settings.TOCSIN_HOME.mkdir()
    settings.TOCSIN_DISK_RESERVE = 0
    settings.TOCSIN_ALLOWED_NETWORKS = guard.networks(["127.0.0.0/8", "::1/128"])


def _report(number: int) -> bytes:
    row = f'"2026-11-20 01:02:03","198.51.100.{number}","tcp",3389,,"rdp",64500,"VN",,\n'
    return (HEADING + row).encode()


def _zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def _with(subject: str, name: str, content: bytes) -> bytes:
    whole = mail(subject, attached=content)
    return whole.replace(b"2026-11-20-scan_rdp-x.csv", name.encode())


def _feed(server: Dovecot, **more: Any) -> Feed:
    values = feeds.FeedValues(
        code="mail",
        way="imap",
        address=f"imaps://localhost:{server.tls}/INBOX",
        user=server.user,
        secret=PASSWORD,
        **more,
    )
    return feeds.add(values=values, actor=SYSTEM, now=NOW)


def _take_in(feed: Feed) -> Collection:
    row = intake.collect(feed_id=feed.pk, clock=lambda: NOW, asked=True)
    while intake.process_next(now=NOW, fold=findings.fold) is not None:
        pass
    return row


def test_reports_packed_in_every_way_become_events(mailbox: Dovecot) -> None:  # noqa: F811
    name = "2026-11-20-scan_rdp-mau.csv"
    packed = [
        (name, _report(1)),
        (f"{name}.zip", _zipped(name, _report(2))),
        (f"{name}.gz", gzip.compress(_report(3))),
        (f"{name}.xz", lzma.compress(_report(4))),
        ("outer.zip", _zipped(f"{name}.gz", gzip.compress(_report(5)))),
        ("outer.gz", gzip.compress(_zipped(f"inner/{name}", _report(6)))),
    ]
    for place, (label, content) in enumerate(packed):
        mailbox.put(_with(f"report {place}", label, content))
    row = _take_in(_feed(mailbox))
    assert (row.state, row.n_new) == ("done", 6)
    batch = Batch.objects.get()
    assert (batch.rows, batch.events, batch.rejects) == (6, 6, 0)
    assert {file["format"] for file in batch.files} == {"shadowserver"}
    assert f"INBOX-5.eml!outer.zip!{name}.gz!{name}" in {file["path"] for file in batch.files}


def test_mails_that_are_no_report_are_said_and_stop_nothing(mailbox: Dovecot) -> None:  # noqa: F811
    mailbox.put(mail("hello", "Just words.", attached=None))
    mailbox.put(mail("link", "Your report: https://dl.reports.example/x", attached=None))
    mailbox.put(_with("bomb", "bomb.gz", gzip.compress(b"\0" * (40 << 20))))
    mailbox.put(b"Subject: no mail at all")
    mailbox.put(_with("good", "2026-11-20-scan_rdp-mau.csv", _report(9)))
    assert _take_in(_feed(mailbox)).state == "done"
    batch = Batch.objects.get()
    assert (batch.rows, batch.events, batch.rejects) == (5, 1, 4)
    assert sorted(count.reason for count in queries.reject_counts(SYSTEM)) == [
        "bomb",
        "nothing-inside",
        "only-a-link",
        "unknown-format",
    ]
    assert not queries.pending(SYSTEM).exists()


def test_a_report_behind_an_allowed_link_is_fetched_and_its_mail_kept_as_evidence(
    mailbox: Dovecot,  # noqa: F811
    tmp_path: Path,
    trusted: Any,  # noqa: F811
) -> None:
    import ssl

    trusted.write(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")
    with web.serving(context) as https:
        https.gives("/d/x", _report(7), Content_Disposition="attachment; filename=2026-11-20-scan_rdp-mau.csv")
        mailbox.put(mail("link", f"Your report: {https.url('/d/x')}", attached=None))
        row = _take_in(_feed(mailbox, link_hosts=("localhost",)))
    assert (row.state, row.n_arrivals) == ("done", 2)
    assert (Batch.objects.get().events, Batch.objects.get().rejects) == (1, 0)
    evidence = Arrival.objects.get(batch=None)
    assert (evidence.name, evidence.set_aside) == ("INBOX-1.eml", "evidence")
    assert not queries.set_aside(SYSTEM).exists()
