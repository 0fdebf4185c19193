"""The main job, through the real functions: reports in, the right organization warned, its answer taken."""

from __future__ import annotations

import email
import email.policy
import hashlib
import socket
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.test import Client

from tocsin import roster
from tocsin.accounts import actions as accounts
from tocsin.base.tenancy import SYSTEM, NotAllowed, Role, Viewer
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.findings import actions as finding_actions
from tocsin.findings import queries as findings
from tocsin.intake import actions as intake
from tocsin.intake import queries as arrived
from tocsin.notices import actions as notices
from tocsin.notices import links
from tocsin.notices import queries as noticed
from tocsin.notices.models import Message, Policy

pytestmark = pytest.mark.django_db(transaction=True)
DEMO = Path(__file__).resolve().parents[2] / "src" / "tocsin" / "project" / "demo"
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: object) -> Path:
    settings.TOCSIN_HOME = tmp_path / "home"  # type: ignore[attr-defined]
    settings.TOCSIN_EMAIL_URL = ""  # type: ignore[attr-defined]
    return tmp_path / "home"


@pytest.fixture
def province() -> None:
    read = roster.read(DEMO / "province.yaml")
    assert read.errors == []
    constituency.import_all(organizations=read.organizations, ignored=[], actor=SYSTEM, now=NOW)


def _add(names: list[str] | None = None, now: datetime = NOW) -> intake.Folded:
    paths = sorted((DEMO / "reports").glob("*.csv")) if names is None else [DEMO / "reports" / name for name in names]
    arrivals = [intake.take(content=path.read_bytes(), name=path.name, now=now) for path in paths]
    return intake.process(arrivals=arrivals, now=now, fold=finding_actions.fold)


class Mailbox:
    """A real SMTP server on loopback that can refuse."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.contents: list[bytes] = []
        self.refuse = ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        if self.refuse:
            return self.refuse
        self.contents.append(bytes(envelope.original_content or b""))
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        return "250 kept"


@pytest.fixture
def mailbox(settings: object) -> Iterator[Mailbox]:
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings.TOCSIN_EMAIL_URL = f"smtp://127.0.0.1:{port}"  # type: ignore[attr-defined]
    try:
        yield box
    finally:
        controller.stop()


def test_reports_become_findings_once(province: None) -> None:
    first, second = _add(), _add()
    summary = first.summary
    assert summary.rows == summary.events + summary.duplicates + summary.rejects > 0
    assert summary.attributed == summary.events
    assert findings.findings(SYSTEM).count() == summary.findings
    assert second.batch is None
    assert {a.times_received for a in arrived.arrivals(SYSTEM)} == {2}


def test_folding_more_days_adds_up(province: None) -> None:
    _add(["2026-11-20-scan_rdp-mau.csv"])
    before = {(f.asset, f.kind): f for f in findings.findings(SYSTEM)}
    _add(["2026-11-21-scan_rdp-mau.csv"])
    after = {(f.asset, f.kind): f for f in findings.findings(SYSTEM)}
    assert before.keys() == after.keys()
    assert all(
        after[name].count == 2 and after[name].first_seen == before[name].first_seen < after[name].last_seen
        for name in after
    )


def test_a_repeat_in_another_file_is_a_duplicate(province: None) -> None:
    content = (DEMO / "reports" / "2026-11-20-scan_rdp-mau.csv").read_bytes()
    _add(["2026-11-20-scan_rdp-mau.csv"])
    again = intake.take(content=content + b"\n", name="2026-11-20-scan_rdp-again.csv", now=NOW)
    summary = intake.process(arrivals=[again], now=NOW, fold=finding_actions.fold).summary
    assert (summary.events, summary.duplicates) == (0, summary.rows)
    assert {f.count for f in findings.findings(SYSTEM)} == {1}


def test_a_fold_that_fails_leaves_no_trace_and_can_be_repeated(province: None, home: Path) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("power cut")

    path = DEMO / "reports" / "2026-11-20-scan_rdp-mau.csv"
    arrival = intake.take(content=path.read_bytes(), name=path.name, now=NOW)
    with pytest.raises(RuntimeError, match="power cut"):
        intake.process(arrivals=[arrival], now=NOW, fold=fail)
    assert arrived.batches(SYSTEM).count() == 0
    again = intake.process(arrivals=[arrival], now=NOW, fold=finding_actions.fold)
    assert again.summary.events == 14
    assert len(list((home / "batches").iterdir())) == len(list((home / "segments").iterdir())) == 1


def test_what_nobody_holds_waits_in_the_queue() -> None:
    summary = _add(["2026-11-20-scan_rdp-mau.csv"]).summary
    assert summary.unattributed == summary.events
    assert arrived.unattributed(SYSTEM).count() == 14


def test_each_organization_gets_one_message_that_says_everything(province: None, mailbox: Mailbox) -> None:
    _add()
    figures = notices.run(now=NOW)
    assert figures["sent"] == len(mailbox.messages) == noticed.notices(SYSTEM, state="sent").count() > 20
    hospital = next(m for m in mailbox.messages if "bvtinh" in str(m["To"]))
    text = hospital.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "198.51.100." in text
    assert "dải địa chỉ 198.51.100.0/28" in text
    assert "cổng 3389" in text
    assert "/answer/" in text
    assert hospital["Auto-Submitted"] == "auto-generated"
    assert "TLP:AMBER" in str(hospital["Subject"])
    assert [part.get_filename() for part in hospital.iter_attachments()] == [f"{hospital['X-Tocsin-Reference']}.csv"]
    assert notices.run(now=NOW + timedelta(hours=1))["reasons"] == {"nothing-new": figures["decided"]}
    assert len(mailbox.messages) == figures["sent"]


def test_a_busy_server_is_tried_again_with_the_same_message_id(province: None, mailbox: Mailbox) -> None:
    _add(["2026-11-22-scan_exchange-mau.csv"])
    mailbox.refuse = "451 later"
    first = notices.run(now=NOW)
    assert first["failed"] == 3
    promised = set(noticed.deliveries(SYSTEM).values_list("message_id", flat=True))
    assert notices.run(now=NOW + timedelta(seconds=30))["failed"] == 0
    mailbox.refuse = ""
    assert notices.run(now=NOW + timedelta(minutes=2))["sent"] == 3
    assert {str(m["Message-ID"]) for m in mailbox.messages} == promised


def test_a_final_refusal_is_a_visible_state(province: None, mailbox: Mailbox) -> None:
    _add(["2026-11-22-scan_exchange-mau.csv"])
    mailbox.refuse = "550 no such user"
    notices.run(now=NOW)
    assert {n.state for n in noticed.notices(SYSTEM)} == {"failed"}
    assert {(d.response, d.failure) for d in noticed.deliveries(SYSTEM)} == {("550 no such user", "refused")}


def test_a_server_that_is_down_loses_nothing(province: None, settings: object) -> None:
    settings.TOCSIN_EMAIL_URL = "smtp://127.0.0.1:1"  # type: ignore[attr-defined]
    _add(["2026-11-22-scan_exchange-mau.csv"])
    assert notices.run(now=NOW)["failed"] == 3
    settings.TOCSIN_EMAIL_URL = ""  # type: ignore[attr-defined]
    assert notices.run(now=NOW + timedelta(minutes=2))["sent"] == 3


def test_what_is_folded_between_two_attempts_changes_nothing_of_a_message(province: None, mailbox: Mailbox) -> None:
    _add(["2026-11-20-scan_rdp-mau.csv"])
    mailbox.refuse = "451 later"
    notices.run(now=NOW)
    mailbox.refuse = ""
    kept = {row.delivery.message_id: row for row in Message.objects.select_related("delivery")}
    _add(["2026-11-21-scan_rdp-mau.csv", "2026-11-22-scan_smb-mau.csv"], now=NOW + timedelta(minutes=1))
    notices.deliver(now=NOW + timedelta(minutes=2))
    assert len(mailbox.contents) == len(kept) > 5
    for content in mailbox.contents:
        message_id = str(email.message_from_bytes(content)["Message-ID"])
        assert hashlib.sha256(content).hexdigest() == kept[message_id].sha256
        assert zlib.decompress(kept[message_id].content) == content


def test_a_dry_run_changes_nothing(province: None) -> None:
    _add()
    assert notices.run(now=NOW, dry_run=True)["reasons"]["first"] > 0
    assert noticed.notices(SYSTEM).count() == 0


def test_a_notice_under_approval_waits_for_an_approver(province: None) -> None:
    Policy.objects.create(needs_approval=True)
    _add(["2026-11-22-scan_exchange-mau.csv"])
    assert notices.run(now=NOW)["waiting"] == 3
    assert notices.run(now=NOW)["reasons"] == {"awaiting-approval": 3}
    notice = noticed.notices(SYSTEM)[0]
    with pytest.raises(NotAllowed):
        notices.approve(notice=notice, actor=Viewer(1, "lan@team.example", Role.ANALYST), now=NOW)
    notices.approve(notice=notice, actor=Viewer(2, "minh@team.example", Role.APPROVER), now=NOW)
    assert notices.run(now=NOW)["sent"] == 1
    with pytest.raises(notices.NotWaiting):
        notices.approve(notice=notice, actor=SYSTEM, now=NOW)


def test_the_link_answers_by_post_only(province: None, client: Client) -> None:
    _add(["2026-11-22-scan_exchange-mau.csv"])
    now = datetime.now(UTC)
    notices.run(now=now)
    delivery = noticed.deliveries(SYSTEM)[0]
    url = "/answer/" + links.link(delivery.pk, delivery.notice.created_at).split("/answer/")[1]
    page = client.get(url)
    assert page.status_code == 200
    assert delivery.notice.answers.count() == 0
    assert client.post(url, {"answer": "fixing"}).status_code == 400
    until = (now + timedelta(days=3)).date()
    assert client.post(url, {"answer": "fixing", "until": until.isoformat(), "note": "đang làm"}).status_code == 302
    answer = delivery.notice.answers.get()
    assert (answer.answer, answer.until, answer.by, answer.means) == ("fixing", until, delivery.recipient, "link")
    finding = delivery.notice.findings.get()
    assert (finding.owner, finding.sensor) == ("fixing", "seen")
    assert client.get(url.replace(url[-8:-1], "0000000")).status_code == 404
    late = links.opened(url.split("/")[2], now + timedelta(days=91))
    assert late is not None
    assert late.expired


def test_an_answer_that_is_none_is_refused(province: None) -> None:
    _add(["2026-11-22-scan_exchange-mau.csv"])
    notices.run(now=NOW)
    notice = noticed.notices(SYSTEM)[0]
    with pytest.raises(notices.BadAnswer):
        notices.answer(notice=notice, word="maybe", by="x@y.example", means="link", now=NOW)
    with pytest.raises(notices.BadAnswer):
        notices.answer(notice=notice, word="fixing", by="x@y.example", means="link", now=NOW, until=date(2020, 1, 1))


def test_importing_again_changes_nothing_and_export_gives_it_back(province: None, tmp_path: Path) -> None:
    read = roster.read(DEMO / "province.yaml")
    found = constituency.import_all(organizations=read.organizations, ignored=[], actor=SYSTEM, now=NOW)
    assert {change.what for change in found.organizations} == {"same"}
    organizations, ignored = constituents.as_values(SYSTEM)
    roster.write(tmp_path / "out.yaml", organizations, ignored)
    assert {o.id: o for o in roster.read(tmp_path / "out.yaml").organizations} == {o.id: o for o in read.organizations}


def test_explaining_tells_every_stop(province: None) -> None:
    _add()
    notices.run(now=NOW)
    told = noticed.explain(SYSTEM, noticed.notices(SYSTEM)[0])
    assert all(told[stop] for stop in ("collect", "parse", "attribute", "fold", "decide", "deliver"))
    assert len(told["collect"][0]["sha256"]) == 64


def test_a_sign_in_link_works_once_and_by_post_only(client: Client) -> None:
    now = datetime.now(UTC)
    user = accounts.add_user(email="lan@team.example", role=Role.ANALYST, actor=SYSTEM, now=now)
    url = f"/sign-in/{accounts.make_link(user=user, now=now)}/"
    assert client.get(url).status_code == 200
    assert client.get("/").status_code == 302
    assert client.post(url).status_code == 302
    assert client.get("/").status_code == 200
    assert Client().post(url).status_code == 403
