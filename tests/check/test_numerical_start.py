"""Where runs start and when they settle."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from flatgov.check.numerical_start import CHECKS, settling_time
from flatgov.check.subject import Subject
from kernel.lower.models import write

TANK = "x = INTEG(in - x / 2, {start}) ~ Litre ~ |\nin = 5 ~ Litre/Month ~ |\n"


def test_a_model_in_equilibrium_says_nothing(tmp_path: Path) -> None:
    outcome = CHECKS[0].run(Subject(write(tmp_path, TANK.format(start=10), step=0.25)))
    assert not outcome.findings
    assert outcome.data == {"moving": [], "settled": 0}


def test_how_fast_it_moves_and_when_it_settles_are_those_on_paper(tmp_path: Path) -> None:
    model = write(tmp_path, TANK.format(start=20), final=40, step=0.0625)
    outcome = CHECKS[0].run(Subject(model))
    (finding,) = outcome.findings
    assert finding.severity == "note"
    assert finding.variable == "x"
    what = finding.what
    assert "1 of 1 stocks move, most of all 'x' by 25 % of its initial value per Month" in what
    (row,) = outcome.data["moving"]
    assert (row["net flow"], row["initial"], row["share"]) == (-5, 20, 0.25)
    # 20 -> 10: 2 % of the range is left after 2 ln 50.
    assert outcome.data["settled"] == pytest.approx(2 * math.log(50), abs=0.2)


def test_an_empty_stock_that_fills_moves(tmp_path: Path) -> None:
    outcome = CHECKS[0].run(Subject(write(tmp_path, TANK.format(start=0), step=0.25)))
    assert len(outcome.data["moving"]) == 1


@pytest.mark.parametrize("growth", ["1", "1 + 0.8 * x", "1e-12 * (1 + x)"])
def test_what_leaves_zero_moves_however_far_it_goes(tmp_path: Path, growth: str) -> None:
    model = write(tmp_path, f"x = INTEG({growth}, 0) ~ Litre ~ |\n", final=50, step=0.25)
    (finding,) = CHECKS[0].run(Subject(model)).findings
    pace = "1e-12" if growth.startswith("1e") else "1"
    assert f"1 of 1 stocks move, most of all 'x' from 0 by {pace} Litre per Month" in finding.what


def test_rounding_does_not_move_an_empty_stock(tmp_path: Path) -> None:
    text = "x = INTEG(0.1 + 0.2 - 0.3, 0) ~ Litre ~ |\ny = INTEG(0 * x, 5) ~ Litre ~ |\n"
    outcome = CHECKS[0].run(Subject(write(tmp_path, text)))
    assert not outcome.findings
    assert outcome.summary.startswith("All 2 stocks start in equilibrium: none would move by 1 %")


def test_a_run_that_goes_on_to_its_end_has_not_settled() -> None:
    times = np.arange(101.0)
    assert settling_time(times, np.stack([times])) is None
    assert settling_time(times, np.stack([np.minimum(times, 50)])) == 49
    assert settling_time(times, np.ones((2, 101))) == 0


def test_a_model_without_stocks_is_skipped(tmp_path: Path) -> None:
    assert CHECKS[0].run(Subject(write(tmp_path, "x = Time ~~|\n"))).skipped
