"""How strong a dated change is at each time."""

import numpy as np
import pytest

from flatgov.changes import strength, values_over_time
from flatgov.model import Change

TIMES = np.arange(11) * 0.1


@pytest.mark.parametrize(
    ("start", "ramp", "end", "expected"),
    [
        (0.3, 0.0, None, [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]),
        (0.3, 0.0, 0.7, [0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]),
        (0.3, 0.4, None, [0, 0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1]),
        (0.3, 0.4, 0.6, [0, 0, 0, 0, 0.25, 0.5, 0, 0, 0, 0, 0]),
        (-1.0, 0.0, None, [1] * 11),
        (2.0, 0.0, None, [0] * 11),
    ],
)
def test_strength(start, ramp, end, expected):
    change = Change("c", "set", 1.0, start, ramp, end)
    np.testing.assert_allclose(strength(change, TIMES, 0.1), expected, atol=1e-12)


def test_a_time_that_floats_blur_counts_as_on_the_boundary():
    # 0.1 * 3 is a little more than 0.3, 0.1 + 0.7 a little less than 0.8
    change = Change("c", "set", 1.0, 0.1 * 3, 0.0, 0.1 + 0.7)
    times = np.array([0.3, 0.8])
    np.testing.assert_array_equal(strength(change, times, 0.1), [1.0, 0.0])


def test_the_whole_of_a_change_is_exact():
    base = 0.1 + 0.2
    for operation, value, expected in (
        ("set", 0.7, 0.7),
        ("add", 0.7, base + 0.7),
        ("scale", 0.7, base * 0.7),
    ):
        change = Change("c", operation, value, 0.0)
        assert values_over_time(base, [change], np.zeros(1), 0.1) == [expected]


def test_changes_apply_in_order():
    changes = [Change("c", "set", 10.0, 0.0), Change("c", "scale", 2.0, 0.0)]
    assert values_over_time(1.0, changes, np.zeros(1), 1.0) == [20.0]
    assert values_over_time(1.0, changes[::-1], np.zeros(1), 1.0) == [10.0]
