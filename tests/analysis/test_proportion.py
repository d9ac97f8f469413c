from __future__ import annotations

import math

import numpy as np
import pytest

from flatgov.analysis.proportion import wilson_interval


def score(probability: float, hits: int, draws: int) -> float:
    """How many standard deviations the share found is away from a probability."""
    return (hits / draws - probability) / math.sqrt(probability * (1 - probability) / draws)


@pytest.mark.parametrize(("hits", "draws"), [(3, 10), (1, 1000), (499, 1000), (9999, 10000)])
def test_ends_are_where_a_score_test_begins_to_reject(hits: int, draws: int) -> None:
    low, high = wilson_interval(hits, draws)
    assert score(float(low), hits, draws) == pytest.approx(1.959963985, rel=1e-8)
    assert score(float(high), hits, draws) == pytest.approx(-1.959963985, rel=1e-8)


def test_none_and_all() -> None:
    low, high = wilson_interval([0, 50], [50, 50])
    assert low[0] == 0.0
    assert high[1] == 1.0
    assert score(float(high[0]), 0, 50) == pytest.approx(-1.959963985, rel=1e-8)
    assert score(float(low[1]), 50, 50) == pytest.approx(1.959963985, rel=1e-8)


def test_no_draws_no_interval() -> None:
    assert np.isnan(wilson_interval(0, 0)).all()


def test_more_confidence_is_wider() -> None:
    narrow, wide = wilson_interval(3, 10, 0.5), wilson_interval(3, 10, 0.99)
    assert wide[0] < narrow[0] < 0.3 < narrow[1] < wide[1]
