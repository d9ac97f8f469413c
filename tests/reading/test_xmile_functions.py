"""XMILE's functions, run by the native engine, against values computed by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from flatgov.errors import ModelError
from flatgov.model import Model
from flatgov.reading import load_model
from reading.xmile_text import aux, xmile

Load = Callable[..., Model]


VALUES: list[tuple[str, list[float]]] = [
    ("INT(-2.5)", [-3.0] * 5),
    ("INT(TIME / 2)", [0, 0, 1, 1, 2]),
    ("-7 MOD 3", [2.0] * 5),
    ("7 MOD -3", [-2.0] * 5),
    ("TIME MOD 2", [0, 1, 0, 1, 0]),
    ("LOG10(50)", [math.log(50) / math.log(10)] * 5),
    ("MAX(1, TIME, 2)", [2, 2, 2, 3, 4]),
    ("MIN(1, TIME)", [0, 1, 1, 1, 1]),
    ("SAFEDIV(6, TIME)", [0, 6, 3, 2, 1.5]),
    ("SAFEDIV(6, TIME, -1)", [-1, 6, 3, 2, 1.5]),
    ("1 // (TIME / 2 ^ 30)", [0, 2**30, 2**29, 2**30 / 3, 2**28]),
    ("IF TIME > 2 THEN 1 ELSE 0", [0, 0, 0, 1, 1]),
    ("IF_THEN_ELSE(TIME = 2, 5, 6)", [6, 6, 5, 6, 6]),
    ("(TIME > 1) + (TIME < 3) * 10", [10, 10, 11, 1, 1]),
    ("STEP(6, 2)", [0, 0, 6, 6, 6]),
    ("RAMP(2, 1)", [0, 0, 2, 4, 6]),
    ("RAMP(2, 1, 3)", [0, 0, 2, 4, 4]),
    ("PULSE(20, 1)", [0, 20, 0, 0, 0]),
    ("PULSE(20, 1, 2)", [0, 20, 0, 20, 0]),
    ("PULSE(20, 1, 0)", [0, 20, 0, 0, 0]),
    ("DELAY(TIME, 2)", [0, 0, 0, 1, 2]),
    ("DELAY(TIME, 2, -9)", [-9, -9, 0, 1, 2]),
    ("PREVIOUS(TIME, -1)", [-1, 0, 1, 2, 3]),
    ("PREVIOUS(SELF, 5) + 1", [6, 7, 8, 9, 10]),
    ("INIT(TIME + 7)", [7.0] * 5),
    ("SMTH1(STEP(4, 1), 2)", [0, 0, 2, 3, 3.5]),
    ("SMTH1(TIME, 2, 8)", [8, 4, 2.5, 2.25, 2.625]),
    ("SMTH3(STEP(8, 1), 6)", [0, 0, 0, 0, 1]),
    ("SMTHN(STEP(8, 1), 4, 2)", [0, 0, 0, 2, 4]),
    ("DELAY1(STEP(4, 1), 2)", [0, 0, 2, 3, 3.5]),
    ("DELAY1(STEP(4, 1), 2, 6)", [6, 3, 3.5, 3.75, 3.875]),
    ("DELAY3(STEP(8, 1), 6)", [0, 0, 0, 0, 1]),
    ("DELAYN(STEP(8, 1), 4, 2)", [0, 0, 0, 2, 4]),
    ("TREND(10 + STEP(10, 1), 2)", [0, 0.5, 1 / 6, 1 / 14, 1 / 30]),
    ("TREND(10, 2, 0.25)", [0.25, 1 / 10, 1 / 22, 1 / 46, 1 / 94]),
    ("FORCST(10, 2, 5)", [10.0] * 5),
    ("FORCST(10 + STEP(10, 1), 2, 3)", [10, 50, 30, 20 + 60 / 14, 22]),
    ("SINWAVE(3, 4)", [0, 3, 0, -3, 0]),
    ("COSWAVE(3, 4)", [3, 0, -3, 0, 3]),
    ("DT + STARTTIME + STOPTIME + PI", [5 + math.pi] * 5),
    ("TIME()", [0, 1, 2, 3, 4]),
    ("INF", [math.inf] * 5),
    ("ABS(-SQRT(4)) + EXP(0) + LN(1)", [3.0] * 5),
    ("ARCSIN(1) + ARCCOS(1) + ARCTAN(0)", [math.pi / 2] * 5),
]


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    """Run one model with all equations: compiling takes most of the time."""
    path = tmp_path_factory.mktemp("functions") / "a.xmile"
    equations = {f"x{place}": equation for place, (equation, _) in enumerate(VALUES)}
    path.write_text(xmile(aux(**equations)), encoding="utf-8")
    return load_model(path).run()


@pytest.mark.parametrize("place", range(len(VALUES)), ids=[equation for equation, _ in VALUES])
def test_values(values: xr.Dataset, place: int) -> None:
    np.testing.assert_allclose(values[f"x{place}"], VALUES[place][1], rtol=1e-14, atol=1e-14)


def test_a_pulse_has_its_volume_whatever_the_step(load: Load) -> None:
    result = load(xmile(aux(x="PULSE(20, 1, 1.5)"), dt=0.5, stop=3), "a.xmile").run()
    np.testing.assert_array_equal(result["x"], [0, 0, 40, 0, 0, 40, 0])


def test_files_that_vensim_wrote_keep_its_functions(load: Load) -> None:
    equations = aux(
        i="INT(-2.5)",
        m="-7 MOD 3",
        z="SAFEDIV(1, 2 ^ -30)",
        x="SAFEDIV(1, 2 ^ -30, 4)",
        n="NOT 3 = 0",
    )
    written = load(xmile(equations, vendor="Ventana Systems, xmutil"), "a.xmile").run()
    other = load(xmile(equations, vendor="isee systems, inc."), "b.xmile").run()
    assert [float(written[name][0]) for name in "imzxn"] == [-2, -1, 0, 4, 1]
    assert [float(other[name][0]) for name in "imzxn"] == [-3, 2, 2**30, 2**30, 1]


def test_random_numbers_follow_their_distributions(load: Load) -> None:
    equations = aux(
        r="RANDOM(2, 4)",
        u="UNIFORM(2, 4, 7)",
        n="NORMAL(10, 2)",
        e="EXPRND(3)",
        g="LOGNORMAL(5, 2)",
    )
    result = load(xmile(equations, stop=20000), "a.xmile").run()
    for name, mean, deviation in [
        ("r", 3, 2 / math.sqrt(12)),
        ("u", 3, 2 / math.sqrt(12)),
        ("n", 10, 2),
        ("e", 3, 3),
        ("g", 5, 2),
    ]:
        values = result[name].to_numpy()
        assert abs(values.mean() - mean) < 5 * deviation / math.sqrt(20000), name
        assert abs(values.std() / deviation - 1) < 0.05, name


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("POISSON(3)", "the function POISSON is not supported"),
        ("HISTORY(y, 2)", "the function HISTORY is not supported"),
        ("ROUND(2.5)", "the function ROUND is not supported"),
        ("STDDEV(y)", "the function STDDEV is not supported"),
        ("INTEGER(2.5)", "there is no function 'INTEGER'"),
        ("SMTH(y, 2)", "there is no function 'SMTH'; did you mean 'SMTHN'?"),
        ("STEP(3)", "STEP is given 1 argument and takes 2"),
        ("DELAYN(y, 2)", "DELAYN is given 2 arguments and takes 3 to 4"),
        ("MAX(1)", "MAX has no array to run over; give it more arguments, or an array"),
        ("y(3)", "'y' is no graphical function or function, but an argument follows it"),
        ("LOOKUP(y, 3)", "'y' is no graphical function"),
        ("SELF", "SELF may only stand in PREVIOUS"),
        ("SUM(y)", "SUM has no array to run over"),
        ("z + 1", "the variable 'z' is not defined"),
    ],
)
def test_what_is_refused(write: Callable[..., Path], equation: str, message: str) -> None:
    path = write(xmile(aux(y="1", x=equation)), "a.xmile")
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert str(caught.value).startswith(f"{path}, 'x', line 4: {message}")
