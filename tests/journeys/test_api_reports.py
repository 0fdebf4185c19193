"""Reports pushed by a program: kept byte for byte, once; then what became of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client

from tocsin.base.tenancy import SYSTEM
from tocsin.findings import actions as findings
from tocsin.findings import queries as found
from tocsin.intake import actions as intake
from tocsin.intake import queries as arrived
from tocsin.intake.actions import feeds
from tocsin.intake.actions.feeds import FeedValues

pytestmark = pytest.mark.django_db(transaction=True)
Program = Callable[..., Client]
URL = "/api/v1/reports"
OCTETS = "application/octet-stream"
LINES = b"".join(
    json.dumps({
        "timestamp": f"2026-11-22T08:00:{n:02}.000000+0000", "event_type": "alert", "src_ip": f"198.51.100.{n}", "src_port": 4000,
        "dest_ip": "192.0.2.7", "dest_port": 443, "proto": "TCP",
        "alert": {"signature": "ET MALWARE Test", "signature_id": 1, "category": "A Network Trojan was detected", "severity": 1},
    }).encode() + b"\n"
    for n in range(1, 11)
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, settings: object) -> Path:
    settings.TOCSIN_HOME = tmp_path  # type: ignore[attr-defined]
    return tmp_path


def work() -> None:
    """Do what the worker does with what waits."""
    while intake.process_next(now=datetime.now(UTC), fold=findings.fold) is not None:
        pass


def test_a_report_is_on_disk_when_it_is_taken_and_processed_after(town: None, program: Program, home: Path) -> None:
    client = program("reports:write", "intake:read")
    before = found.findings(SYSTEM).count()
    response = client.post(f"{URL}?name=eve.json", LINES, content_type=OCTETS)
    taken, sha256 = response.json(), hashlib.sha256(LINES).hexdigest()
    assert response.status_code == 202
    assert response["Location"] == taken["url"]
    assert (taken["sha256"], taken["size"], taken["state"]) == (sha256, len(LINES), "waiting")
    assert (home / "raw" / sha256[:2] / sha256).read_bytes() == LINES
    waiting = client.get(taken["url"]).json()
    assert (waiting["name"], waiting["state"], waiting["counts"]) == ("eve.json", "waiting", None)
    work()
    told = client.get(taken["url"]).json()
    assert told["state"] == "processed"
    assert told["counts"] == {"format": "suricata_eve", "rows": 10, "events": 10, "duplicates": 0, "rejects": 0}
    batch = client.get(f"/api/v1/batches/{told['batch']}").json()
    assert batch["files"][0]["sha256"] == sha256
    assert found.findings(SYSTEM).count() > before


def test_the_same_bytes_are_one_report_however_often_they_come(home: Path, program: Program) -> None:
    client = program()
    ids = {client.post(URL, LINES, content_type=OCTETS).json()["id"] for _ in range(3)}
    assert len(ids) == 1
    assert client.get(f"{URL}/{ids.pop()}").json()["times_received"] == 3


def test_a_form_with_one_file_is_a_report_too(home: Path, program: Program) -> None:
    client = program()
    file = BytesIO(LINES)
    file.name = "mẫu.json"
    taken = client.post(URL, {"file": file}).json()
    assert taken["sha256"] == hashlib.sha256(LINES).hexdigest()
    assert client.get(taken["url"]).json()["name"] == "mẫu.json"
    for form in ({}, {"a": BytesIO(b"1"), "b": BytesIO(b"2")}):
        response = client.post(URL, form)
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "body/file")
    broken = client.post(URL, b"--x\r\nnonsense", content_type="multipart/form-data")
    assert (broken.status_code, broken.json()["code"]) == (400, "bad-request")


def test_a_key_makes_a_report_once_and_is_refused_for_another(home: Path, program: Program) -> None:
    client = program()
    key = {"idempotency-key": "2026-11-22/1"}
    first = client.post(URL, LINES, content_type=OCTETS, headers=key)
    again = client.post(URL, LINES, content_type=OCTETS, headers=key)
    assert (again.status_code, again.json(), again["Location"]) == (202, first.json(), first["Location"])
    assert client.get(first.json()["url"]).json()["times_received"] == 1
    for other in (
        client.post(URL, LINES + b"\n", content_type=OCTETS, headers=key),
        client.post(f"{URL}?format=suricata_eve", LINES, content_type=OCTETS, headers=key),
    ):
        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert arrived.arrivals(SYSTEM).count() == 1


def test_a_report_goes_to_its_feed_and_is_read_as_it_says(home: Path, program: Program) -> None:
    client = program()
    feeds.add(values=FeedValues(code="siem", way="push", name="SIEM"), actor=SYSTEM, now=datetime.now(UTC))
    by_query = client.post(f"{URL}?feed=siem&format=suricata_eve&window=24h", LINES, content_type=OCTETS).json()
    by_header = client.post(URL, LINES + b" ", content_type=OCTETS, headers={"x-feed": "siem"}).json()
    assert [client.get(taken["url"]).json()["feed"] for taken in (by_query, by_header)] == ["siem", "siem"]
    assert arrived.arrivals(SYSTEM).get(pk=by_query["id"]).told == {"format": "suricata_eve", "window": 86_400_000_000}
    for query, pointer in (("feed=no", "query/feed"), ("format=no", "query/format"), ("window=soon", "query/window")):
        response = client.post(f"{URL}?{query}", LINES, content_type=OCTETS)
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)
    feeds.enable(feed=arrived.feeds(SYSTEM).get(), actor=SYSTEM, now=datetime.now(UTC), on=False)
    assert client.post(f"{URL}?feed=siem", LINES, content_type=OCTETS).status_code == 409


@pytest.mark.parametrize("as_form", [False, True])
def test_a_report_that_is_too_large_is_stopped_while_it_comes(
    home: Path, program: Program, settings: object, as_form: bool
) -> None:
    settings.TOCSIN_ARRIVAL_LIMIT = 100_000  # type: ignore[attr-defined]
    body = b"x" * 300_000
    client = program()
    response = client.post(URL, {"file": BytesIO(body)}) if as_form else client.post(URL, body, content_type=OCTETS)
    assert (response.status_code, response.json()["code"]) == (413, "too-large")
    assert not arrived.arrivals(SYSTEM).exists()
    assert [path for path in (home / "raw").rglob("*") if path.is_file()] == []


def test_an_empty_report_is_refused(home: Path, program: Program) -> None:
    assert program().post(URL, b"", content_type=OCTETS).status_code == 422


def test_reports_wait_outside_while_collecting_is_paused(home: Path, program: Program, settings: object) -> None:
    settings.TOCSIN_PENDING_LIMIT = 1  # type: ignore[attr-defined]
    client = program()
    assert client.post(URL, LINES + b"\n", content_type=OCTETS).status_code == 202
    response = client.post(URL, LINES, content_type=OCTETS)
    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert client.get("/api/v1/alarms").json()[0]["kind"] == "collecting-paused-behind"


def test_rejected_rows_are_counted_and_streamed(home: Path, program: Program) -> None:
    client = program()
    taken = client.post(URL, LINES + b'{"timestamp":"no","event_type":"alert"}\n{}\n', content_type=OCTETS).json()
    work()
    told = client.get(taken["url"]).json()
    assert sum(told["rejected"].values()) == told["counts"]["rejects"] == 2
    response = client.get(f"/api/v1/batches/{told['batch']}/rejects")
    assert response["Content-Type"] == "application/x-ndjson"
    rows = [json.loads(line) for line in b"".join(response).splitlines()]
    assert {row["reason"] for row in rows} == set(told["rejected"])
    assert len(rows) == 2
    counted = client.get(f"/api/v1/rejects/counts?batch={told['batch']}").json()["items"]
    assert {row["reason"]: row["n"] for row in counted} == told["rejected"]
