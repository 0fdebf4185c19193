"""Shares compared by cluster: against simple resampling, simulation, and tables."""

from __future__ import annotations

import numpy as np
import pytest

from tocsin.estimates.clusters import difference, power, standardized, student


def test_limits_are_those_of_resampling_whole_organizations() -> None:
    chance = np.random.default_rng(3)
    n, size = 80, 6
    treated = np.repeat(np.arange(n) % 2 == 1, size)
    cluster = np.repeat(np.arange(n), size)
    inclination = np.repeat(chance.beta(2, 3, n), size)
    hit = chance.random(n * size) < inclination + 0.1 * treated
    found = difference(cluster, treated, hit)
    assert found is not None and found.lower is not None and found.upper is not None
    share = hit.reshape(n, size).mean(axis=1)
    one, other = share[1::2], share[::2]
    drawn = [chance.choice(one, 40).mean() - chance.choice(other, 40).mean() for _ in range(4000)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert found.value == pytest.approx(one.mean() - other.mean())
    assert (found.lower, found.upper) == pytest.approx((low, high), abs=0.015)
    # As though they did not hang together, the limits would be too narrow.
    alone = difference(np.arange(n * size), treated, hit)
    assert alone is not None and alone.upper is not None and alone.lower is not None
    assert alone.upper - alone.lower < 0.8 * (found.upper - found.lower)


def test_too_little_is_called_so() -> None:
    nothing = difference(np.array([1, 2]), np.array([True, True]), np.array([True, False]))
    assert nothing is None
    few = difference(
        np.array([1, 1, 2, 2]), np.array([True, True, False, False]), np.array([True, False, False, False])
    )
    assert few is not None
    assert (few.value, few.lower, few.tells) == (0.5, None, False)
    alike = difference(np.arange(10), np.arange(10) % 2 == 0, np.zeros(10, bool))
    assert alike is not None
    assert (alike.value, alike.upper) == (0.0, None)


@pytest.mark.parametrize(("freedom", "point"), [(1, 12.706), (3, 3.182), (4, 2.776), (10, 2.228), (38, 2.024)])
def test_students_points_are_those_of_the_table(freedom: int, point: float) -> None:
    assert student(freedom) == pytest.approx(point, rel=2e-3)


def test_the_power_is_how_often_simulated_trials_find_the_difference() -> None:
    chance = np.random.default_rng(5)
    said = power(clusters=120, size=1, share=0.3, difference=0.25, correlation=0.2)
    found = 0
    for _ in range(600):
        treated = np.arange(120) % 2 == 1
        one = difference(np.arange(120), treated, chance.random(120) < 0.3 + 0.25 * treated)
        found += one is not None and one.tells
    assert said == pytest.approx(found / 600, abs=0.05)
    assert power(clusters=120, size=5, share=0.3, difference=0.25, correlation=0.2) > said
    assert power(clusters=0, size=1, share=0.3, difference=0.25, correlation=0) < 0.05


def test_groups_that_are_alike_have_no_standardized_difference() -> None:
    assert standardized(0.4, 0.4) == standardized(1.0, 1.0) == 0.0
    assert standardized(0.5, 0.25) == pytest.approx(0.25 / np.sqrt((0.25 + 0.1875) / 2))
