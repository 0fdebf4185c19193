"""The estimates against published worked examples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.estimates.proportions import Difference, Share, difference
from tocsin.estimates.survival import kaplan_meier, log_rank

# Freireich et al. (1963), weeks in remission; the example of many textbooks. A minus sign: censored.
TREATED = [6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35]
UNTREATED = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_the_curve_is_that_of_the_textbook() -> None:
    weeks = np.array(TREATED)
    curve = kaplan_meier(abs(weeks), weeks > 0)
    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.open_share == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=5e-4)
    assert (curve.median, curve.n, curve.n_censored) == (23, 21, 12)
    assert (curve.lower[-1], curve.upper[-1]) == pytest.approx((0.188, 0.680), abs=1e-3)
    assert kaplan_meier(np.array(UNTREATED), np.ones(21)).median == 8


def test_the_comparison_is_that_of_the_textbook() -> None:
    weeks = np.array(TREATED + UNTREATED)
    found = log_rank(abs(weeks), weeks > 0, np.arange(42) < 21)
    assert found is not None
    assert found.statistic == pytest.approx(16.79, abs=0.01)
    assert found.p == pytest.approx(4.2e-5, rel=0.02)


def test_nothing_closed_is_said_so() -> None:
    curve = kaplan_meier(np.array([3.0, 4.0]), np.array([False, False]))
    assert curve.median is None
    assert curve.open_after(100) == 1.0
    assert log_rank(np.array([3.0, 4.0]), np.array([False, False]), np.array([True, False])) is None


@given(st.lists(st.integers(0, 60), min_size=1, max_size=80))
def test_without_censoring_the_curve_is_the_plain_share(days: list[int]) -> None:
    times = np.array(days)
    curve = kaplan_meier(times, np.ones(len(days)))
    for day in range(61):
        assert curve.open_after(day) == pytest.approx((times > day).mean())


def test_the_share_of_few_is_uncertain() -> None:
    # Newcombe (1998), table II: 15/148 and 0/20.
    assert Share(15, 148).limits == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert Share(0, 20).limits == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert Share(0, 0).value is None


def test_the_difference_of_two_shares_has_the_published_limits() -> None:
    # Newcombe (1998), method 10: 56/70 against 48/80, and 9/10 against 3/10.
    found = difference(Share(56, 70), Share(48, 80))
    assert isinstance(found, Difference)
    assert (found.value, found.lower, found.upper) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
    assert found.tells
    other = difference(Share(9, 10), Share(3, 10))
    assert other is not None
    assert (other.lower, other.upper) == pytest.approx((0.1705, 0.8090), abs=1e-4)
    assert difference(Share(1, 2), Share(0, 0)) is None
