"""What a monitoring system asks: figures, never names of anybody; alive, ready."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tocsin.base.tenancy import SYSTEM, Role, Viewer
from tocsin.constituency import queries as constituents
from tocsin.findings import actions as finding_actions
from tocsin.findings import queries as findings
from tocsin.findings.models import Owner
from tocsin.intake import queries as arrived
from tocsin.intake.actions import feeds, watching
from tocsin.intake.actions.feeds import FeedValues
from tocsin.project import health, metrics

pytestmark = pytest.mark.django_db(transaction=True)
Program = Callable[..., Client]
SAMPLE = re.compile(r'[a-z_]+(\{[a-z]+="[^"\\\n]*"\})? -?[0-9.e+-]+')


@pytest.fixture(autouse=True)
def fresh() -> None:
    metrics.kept.forget()


def values(client: Client) -> dict[str, float]:
    """Return each sample of /metrics by its name and labels."""
    response = client.get("/metrics")
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = response.content.decode().splitlines()
    assert [line for line in lines if not line.startswith("#") and not SAMPLE.fullmatch(line)] == []
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def test_the_figures_are_those_of_the_installation(town: None, program: Program) -> None:
    now = datetime.now(UTC)
    feeds.add(values=FeedValues(code="siem", way="push"), actor=SYSTEM, now=now)
    watching.beat(name="worker", now=now - timedelta(seconds=20))
    found = values(program("metrics:read"))
    everything = findings.findings(SYSTEM)
    assert found['tocsin_findings{severity="critical"}'] == everything.filter(severity="critical").count() > 0
    assert found['tocsin_findings_by_owner{owner="silent"}'] == everything.count()
    batches = arrived.batches(SYSTEM)
    assert found['tocsin_rows_total{outcome="events"}'] == sum(batch.events for batch in batches) > 50
    assert found["tocsin_arrivals_total"] == arrived.arrivals(SYSTEM).count() > 5
    assert found['tocsin_notices{state="sent"}'] > 0
    assert found['tocsin_deliveries{state="handed-over"}'] > 0
    assert found['tocsin_feed_enabled{feed="siem"}'] == 1
    assert 20 <= found["tocsin_worker_seconds_since_heartbeat"] < 120
    assert found["tocsin_pending_arrivals"] == 0


def test_of_many_findings_the_workers_count_is_told_and_agrees(town: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    rows = list(findings.findings(SYSTEM)[:3])
    finding_actions.record_word(findings=rows, word=Owner.FIXING, note="", actor=SYSTEM, now=now)
    one = Viewer(None, "contact@commune.example", Role.CONTACT, frozenset({rows[0].organization_id}))
    spot = [findings.stock(viewer, now) for viewer in (SYSTEM, one)]
    assert spot[0].by_owner["fixing"] == 3
    assert 0 < spot[1].by_owner["silent"] < spot[0].by_owner["silent"]
    finding_actions.take_stock(now=now)
    monkeypatch.setattr(findings, "LIVE", 0)
    with CaptureQueriesContext(connection) as captured:
        kept = [findings.stock(viewer, now + timedelta(minutes=1)) for viewer in (SYSTEM, one)]
    assert kept == spot  # the time of the count included
    assert len([q for q in captured.captured_queries if "findings_finding" in q["sql"]]) == 2  # whether there are many


def test_no_figure_names_anybody(town: None, program: Program) -> None:
    text = program("metrics:read").get("/metrics").content.decode()
    assert "@" not in text
    assert [o.pk for o in constituents.organizations(SYSTEM) if o.pk in text] == []
    assert "198.51.100" not in text


def test_a_second_scrape_counts_nothing_anew(town: None, program: Program) -> None:
    client = program("metrics:read")
    client.get("/metrics")
    with CaptureQueriesContext(connection) as again:
        client.get("/metrics")
    assert len(again) <= 8
    assert not any("findings_finding" in query["sql"] for query in again.captured_queries)


def test_who_may_not_is_refused(
    town: None, program: Program, settings: object, signed_in: Callable[..., Client]
) -> None:
    assert Client().get("/metrics").status_code == 401
    assert program("findings:read").get("/metrics").status_code == 403
    assert signed_in(Role.READER).get("/metrics").status_code == 403
    settings.TOCSIN_METRICS_OPEN = True  # type: ignore[attr-defined]
    assert Client().get("/metrics").status_code == 200
    assert Client().get("/metrics", REMOTE_ADDR="192.0.2.1").status_code == 401


def test_it_is_ready_when_all_it_needs_is_there(town: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", set())
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["ready"]) == (200, True)
    assert response.json()["warnings"] == ["no worker has run yet"]
    watching.beat(name="worker", now=datetime.now(UTC) - timedelta(minutes=5))
    assert Client().get("/readyz").json()["warnings"] == ["the worker has said nothing for over a minute"]
    watching.beat(name="worker", now=datetime.now(UTC))
    assert Client().get("/readyz").json()["warnings"] == []
    assert Client().get("/livez").json() == {"alive": True}


def test_it_is_not_ready_without_tables_or_data_folder(
    settings: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(health, "_migrated", set())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, app, name, applied FROM django_migrations WHERE app = 'campaigns' ORDER BY id DESC LIMIT 1"
        )
        last = cursor.fetchone()
        cursor.execute("DELETE FROM django_migrations WHERE id = %s", [last[0]])
    try:
        response = Client().get("/readyz")
        assert (response.status_code, response.json()["checks"]["tables"]) == (503, "not up to date")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO django_migrations (id, app, name, applied) VALUES (%s, %s, %s, %s)", last)
    settings.TOCSIN_HOME = tmp_path / "gone"  # type: ignore[attr-defined]
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["checks"]["data folder"]) == (503, "cannot be written")
