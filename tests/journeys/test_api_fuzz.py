"""The whole document, exercised: whatever is sent, right or wrong, the answer is one that the document names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tocsin.accounts import actions as accounts
from tocsin.accounts import queries as people
from tocsin.base.api import door
from tocsin.base.api.limits import Limiter
from tocsin.base.api.scopes import Scope
from tocsin.base.identifiers import uuid7
from tocsin.base.tenancy import SYSTEM, Role
from tocsin.campaigns import actions as campaigns
from tocsin.constituency import actions as constituency
from tocsin.constituency import queries as constituents
from tocsin.core.constituency import Ignored
from tocsin.findings import queries as findings
from tocsin.intake import queries as arrived
from tocsin.intake.actions import assigning, feeds
from tocsin.notices import actions as notices
from tocsin.notices import queries as noticed
from tocsin.project.wsgi import application
from tocsin.reach import actions as reach
from tocsin.reach import queries as reached
from tocsin.reports import actions as freezing
from tocsin.surveys import queries as surveyed
from tocsin.trials import queries as tried

pytestmark = pytest.mark.django_db(transaction=True)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 5
"""For each operation, right and wrong: a bound that keeps the whole below a minute."""


@pytest.fixture
def objects(town: None) -> dict[str, Callable[[], Any]]:
    """The town with something of each noun; say by the first part of a path what there is."""
    now = datetime.now(UTC)
    feeds.add(values=feeds.FeedValues(code="day-vao", way="push"), actor=SYSTEM, now=now)
    notices.set_policy(organization_id="", kind="x", wanted=notices.Wanted(), actor=SYSTEM, now=now)
    notices.silence(organization_id="", kind="x", reason="x", until=now + timedelta(days=1), actor=SYSTEM, now=now)
    notices.answer(notice=noticed.notices(SYSTEM)[0], word="not-ours", by="x", means="link", now=now)
    accounts.add_user(email="ai-do@team.example", role=Role.READER, actor=SYSTEM, now=now)
    constituency.ignore(rule=Ignored("198.18.5.0/24", "x"), actor=SYSTEM, now=now)
    assigning.dismiss(value="198.18.6.0/24", reason="x", actor=SYSTEM, now=now)
    owner = constituents.organizations(SYSTEM).get(pk="bv-da-khoa-tinh")
    reach.begin_drill(
        title="x", organizations=[owner.pk], roles=[], ends_at=now + timedelta(days=1), actor=SYSTEM, now=now
    )
    reach.propose(
        organization=owner, what="add", contact=None, after={"email": "x@y.example"}, by="x", means="api", now=now
    )
    campaign = campaigns.open_campaign(wanted=campaigns.Wanted("x", "x", ["open-rdp"]), actor=SYSTEM, now=now)
    snapshot = freezing.freeze(begins_on=date(2026, 1, 1), ends_on=date(2026, 1, 31), actor=SYSTEM, now=now)
    return {
        "findings": lambda: findings.findings(SYSTEM)[0].pk,
        "notices": lambda: noticed.notices(SYSTEM)[0].pk,
        "deliveries": lambda: noticed.deliveries(SYSTEM)[0].pk,
        "organizations": lambda: "bv-da-khoa-tinh",
        "reachability": lambda: "bv-da-khoa-tinh",
        "endpoints": lambda: getattr(reached.endpoints(SYSTEM).first(), "pk", uuid7()),
        "drills": lambda: getattr(reached.drills(SYSTEM).first(), "pk", uuid7()),
        "proposals": lambda: getattr(reached.proposals(SYSTEM).first(), "pk", uuid7()),
        "reports": lambda: arrived.arrivals(SYSTEM)[0].pk,
        "batches": lambda: arrived.batches(SYSTEM)[0].pk,
        "claims": lambda: getattr(noticed.claims(SYSTEM, open_only=False).first(), "pk", uuid7()),
        "feeds": lambda: "day-vao",
        "policies": lambda: getattr(noticed.policy_rows(SYSTEM).first(), "pk", 1),
        "silences": lambda: getattr(noticed.silences(SYSTEM).first(), "pk", 1),
        "snapshots": lambda: snapshot.pk,
        "people": lambda: people.people(SYSTEM)[0].pk,
        "constituency": lambda: getattr(constituents.facts(SYSTEM).first(), "pk", 1),
        "ignored": lambda: getattr(constituents.ignored(SYSTEM).first(), "pk", uuid7()),
        "unattributed": lambda: getattr(arrived.dismissals(SYSTEM).first(), "pk", 1),
        "permissions": lambda: 1,
        "escalations": lambda: getattr(noticed.plan_rows(SYSTEM).first(), "pk", 1),
        "calendars": lambda: getattr(noticed.calendar_rows(SYSTEM).first(), "pk", 1),
        "duty": lambda: getattr(noticed.duty_officers(SYSTEM).first(), "pk", 1),
        "emergencies": lambda: getattr(noticed.emergencies(SYSTEM).first(), "pk", uuid7()),
        "trials": lambda: getattr(tried.trials(SYSTEM).first(), "pk", uuid7()),
        "surveys": lambda: getattr(surveyed.surveys(SYSTEM).first(), "pk", uuid7()),
        "campaigns": lambda: campaign.pk,
        "registrations": lambda: getattr(reached.registrations(SYSTEM).first(), "pk", uuid7()),
        "holding-claims": lambda: getattr(reached.holding_claims(SYSTEM).first(), "pk", uuid7()),
        "own-rules": lambda: "bv-da-khoa-tinh",
        "own-routes": lambda: "bv-da-khoa-tinh",
        "tokens": lambda: people.tokens(SYSTEM).order_by("created_at")[0].pk,
    }


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_every_answer_is_one_that_the_document_names(
    objects: dict[str, Callable[[], Any]], monkeypatch: pytest.MonkeyPatch, mode: GenerationMode
) -> None:
    monkeypatch.setattr(door, "limiter", Limiter(per_minute=1e9, burst=10**9))
    _spare, _ = accounts.add_token(name="spare", scopes=[Scope.ADMIN], actor=SYSTEM, now=datetime.now(UTC))
    _token, secret = accounts.add_token(name="x", scopes=list(Scope), actor=SYSTEM, now=datetime.now(UTC))
    document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app=application)
    headers = {"Authorization": f"Bearer {secret}"}
    statuses: set[int] = set()
    operations = [found.ok() for found in document.get_all_operations()]
    for operation in operations:
        exercise(operation, mode, headers, objects, statuses)
    assert len(operations) > 40
    assert statuses >= ({200, 201, 404} if mode is GenerationMode.POSITIVE else {400, 404, 422})


def exercise(
    operation: Any,
    mode: GenerationMode,
    headers: dict[str, str],
    objects: dict[str, Callable[[], Any]],
    statuses: set[int],
) -> None:
    """Call an operation with some examples; each answer must be one that the document names."""
    numbers = count()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        # Every other example asks for something that is there: a made-up identifier hardly ever is.
        if case.path_parameters and next(numbers) % 2 == 0:
            id_ = str(objects[operation.path.split("/")[3]]())
            case.path_parameters = dict.fromkeys(case.path_parameters, id_)
        statuses.add(case.call_and_validate(headers=headers, checks=CHECKS).status_code)

    call()
