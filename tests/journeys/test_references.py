"""References under pressure: those who take numbers at the same time get different ones, and none is left out."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.db import transaction

from tocsin.notices.actions import writing
from tocsin.notices.models import Series

NEW_YEAR = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)  # half past midnight in Vietnam
TAKER = """
import json, sys
from tocsin.project import work
work.prepare()
from datetime import UTC, datetime
from django.db import transaction
from tocsin.notices.actions import writing
taken = []
sys.stdin.read()
for n in (1, 3, 2, 5, 1) * 4:
    with transaction.atomic():
        first = writing.numbers(n, datetime(2026, 11, 24, tzinfo=UTC))
    taken.extend(range(first, first + n))
print(json.dumps(taken))
"""


@pytest.mark.database
def test_four_processes_at_once_get_every_number_once(environment: dict[str, str]) -> None:
    prepare = "from tocsin.project import work; work.prepare()"
    subprocess.run([sys.executable, "-c", prepare], env=environment, check=True)
    takers = [
        subprocess.Popen(
            [sys.executable, "-c", TAKER], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for taker in takers:
        taker.stdin.close()  # type: ignore[union-attr]
    taken = [number for taker in takers for number in json.loads(taker.stdout.read())]  # type: ignore[union-attr]
    assert [taker.wait(60) for taker in takers] == [0, 0, 0, 0]
    assert sorted(taken) == list(range(1, 4 * 48 + 1))
    for taker in takers:
        taker.stdout.close()  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)
def test_a_number_that_was_not_used_comes_back_and_the_year_is_that_of_the_team() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        writing.numbers(7, NEW_YEAR)
        raise ZeroDivisionError
    with transaction.atomic():
        assert writing.reference(NEW_YEAR, writing.numbers(1, NEW_YEAR)) == "TC-2027-000001"
    assert list(Series.objects.values_list("year", "last")) == [(2027, 1)]
