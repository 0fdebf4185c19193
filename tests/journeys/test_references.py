"""References under pressure: those who take numbers at the same time get different ones, and none is left out."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from tocsin.notices.actions import deciding
from tocsin.notices.models import Series

pytestmark = pytest.mark.django_db(transaction=True)
NEW_YEAR = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)  # half past midnight in Vietnam


def test_four_at_once_get_every_number_once() -> None:
    taken: list[int] = []

    def take() -> None:
        try:
            for n in (1, 3, 2, 5, 1):
                with transaction.atomic():
                    first = deciding.numbers(n, NEW_YEAR)
                taken.extend(range(first, first + n))
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 49))


def test_a_number_that_was_not_used_comes_back_and_the_year_is_that_of_the_team() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        deciding.numbers(7, NEW_YEAR)
        raise ZeroDivisionError
    with transaction.atomic():
        assert deciding.reference(NEW_YEAR, deciding.numbers(1, NEW_YEAR)) == "TC-2027-000001"
    assert list(Series.objects.values_list("year", "last")) == [(2027, 1)]
