"""Runs that no machine can hold: refused before anything is taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flatgov import limits
from flatgov.errors import ModelError
from flatgov.model import Model
from flatgov.reading import load_model

Make = Callable[[str], Model]

CONTROLS = "INITIAL TIME = 0 ~~| FINAL TIME = 10 ~~| TIME STEP = 0.5 ~~| SAVEPER = 0.5 ~~|"


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def write(text: str) -> Model:
        path = tmp_path / "large.mdl"
        path.write_text(text + CONTROLS)
        return load_model(path)

    return write


@pytest.mark.parametrize(
    "settings",
    [
        {"time_step": 5e-324},
        {"time_step": 5e-324, "saveper": 5e-324},
        {"time_step": 1e-300, "saveper": 1e300},
        {"final_time": 1e300},
        {"final_time": 1.7e308},
        {"final_time": 1e13},
        {"final_time": 1e13, "saveper": 1e13},
    ],
)
def test_too_many_steps(make: Make, settings: dict[str, float]) -> None:
    message = r"large\.mdl: TIME STEP .* makes more than 1e\+09 steps from 0 to .*; use a larger"
    with pytest.raises(ModelError, match=message):
        make("x = Time ~~|").run(**settings)


def test_a_saveper_that_is_no_finite_number_of_steps(make: Make) -> None:
    with pytest.raises(ModelError, match=r"SAVEPER 1 is no multiple of TIME STEP 4\.94066e-324"):
        make("x = Time ~~|").run(final_time=0, time_step=5e-324, saveper=1)


@pytest.mark.parametrize("final", ["10", "IF THEN ELSE(Time > 3, 4, 10)"])
@pytest.mark.parametrize("saveper", [10.5, 1e12, 1e300])
def test_a_saveper_past_the_end_keeps_the_first_point(
    tmp_path: Path, saveper: float, final: str
) -> None:
    path = tmp_path / "model.mdl"
    path.write_text("x = Time + 1 ~~|" + CONTROLS.replace("= 10", f"= {final}"))
    ds = load_model(path).run(saveper=saveper)
    assert ds["time"].values.tolist() == [0.0]
    assert ds["x"].values.tolist() == [1.0]


def test_results_larger_than_all_memory(make: Make) -> None:
    # 10,000 draws of a variable at 500,000,001 points: 37,253 GiB.
    message = r"large\.mdl: the results of this run take 37,25.\.. GiB of memory, and the limit"
    with pytest.raises(ModelError, match=message) as caught:
        make("a = 1 ~~|").run(params={"a": [1.0] * 10_000}, time_step=2e-8, saveper=2e-8)
    assert str(caught.value).endswith(
        "save fewer variables, or use a larger SAVEPER or fewer draws, or set "
        'FLATGOV_LIMITS="memory=4.1e13"'
    )


def test_the_limit_is_half_of_the_memory() -> None:
    assert limits.Limits().memory == (limits.physical_memory() or 2**36) // 2


@pytest.mark.parametrize("length", ["1e9", "k * 1e9"])
def test_delays_larger_than_all_memory(make: Make, length: str) -> None:
    delays = "".join(f"d{n} = DELAY FIXED(Time, {length} + {n}, 0) ~~|" for n in range(200))
    model = make(delays + "k = 1 ~~|")
    with pytest.raises(ModelError, match=r"the delays .* take .* GiB .*; use a larger TIME STEP"):
        model.run(params={"k": [1.0, 2.0]}, final_time=4e8, saveper=4e8)
