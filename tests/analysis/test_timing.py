from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy.stats import binom

from flatgov.analysis.timing import falls_below, last_starts, timing, values_at
from flatgov.analysis.timing_question import start_times
from flatgov.errors import StudyError
from flatgov.study.study import Study
from tools.known_studies import morale_study

STARTS = [12.0, 24.0, 36.0, 48.0]
DRAWS = 2000


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return morale_study(tmp_path_factory.mktemp("morale"))


@pytest.fixture(scope="module")
def found(study: Study) -> xr.Dataset:
    return timing(study, "help", STARTS, draws=DRAWS, seed=2)


def gains(found: xr.Dataset) -> np.ndarray:
    return found["sample"].sel(factor="help: gain").values


def test_defaults_are_said(found: xr.Dataset) -> None:
    told = {"policy": "help", "variable": "Morale", "against": "town", "without": "actual"}
    assert {key: found.attrs[key] for key in told} == told
    assert (found.attrs["share"], found.attrs["after"]) == (0.95, 12.0)
    assert found["start"].values.tolist() == STARTS
    assert "date" not in found.coords


def test_levels_are_those_of_the_formula(found: xr.Dataset) -> None:
    gain = gains(found)
    for start in STARTS:
        # 1 less 0.02 a month from time 10 on, plus g a month from the start on.
        for moment, time in (("end", 60.0), ("after", start + 12)):
            morale = 1 - 0.02 * (time - 10) + gain * (time - start)
            expected = np.quantile(morale, [0.05, 0.25, 0.5, 0.75, 0.95])
            level = found["level"].sel(start=start, moment=moment).values
            np.testing.assert_allclose(level, expected, rtol=1e-9)


def test_the_share_that_is_back_is_that_of_the_distribution(found: xr.Dataset) -> None:
    for start in STARTS:
        for moment, time in (("end", 60.0), ("after", start + 12)):
            needed = (0.95 - 1 + 0.02 * (time - 10)) / (time - start)
            probability = min(max((0.05 - needed) / 0.04, 0.0), 1.0)
            one = found.sel(start=start, moment=moment)
            low, high = binom.ppf([1e-6, 1 - 1e-6], DRAWS, probability) / DRAWS
            assert low <= one["back"].item() <= high
            assert one["back"].item() == (gains(found) >= needed).mean()
            assert one["back_low"] <= one["back"] <= one["back_high"]
    assert (found["back_without"] == 0).all()
    assert (found["draws_paired"] == DRAWS).all()


def test_the_point_of_no_return_of_each_draw(found: xr.Dataset) -> None:
    last = found["last_start"].sel(moment="end").values
    for gain, own in zip(gains(found), last, strict=True):
        # It comes back by the end if 0.95 <= g (60 - start).
        possible = [start for start in STARTS if start <= 60 - 0.95 / gain]
        assert own == possible[-1] if possible else math.isnan(own)
    end = found.sel(moment="end")
    for start in STARTS:
        assert end["last_share"].sel(start=start).item() == (last == start).mean()
    assert end["never"].item() == np.isnan(last).mean()
    assert end["last_share"].sum().item() + end["never"].item() == pytest.approx(1.0, rel=1e-12)
    # In this model a later start is never better.
    assert end["steady"].item() == 1.0
    # P(back) is 0.755, 0.59, 0.26 and 0.
    limits = end["falls_below"]
    assert limits.sel(probability=0.9).item() == -math.inf
    assert limits.sel(probability=0.5).item() == 24.0
    assert limits.sel(probability=0.1).item() == 36.0


def test_starts_that_are_printed_alike_are_all_there(study: Study) -> None:
    # %g shows all of them as 1e+06. The town does not start at any of them.
    fine = replace(study.model.time, initial=1e6, final=1e6 + 8)
    later = replace(study, model=replace(study.model, time=fine))
    policies = {
        name: replace(one, changes=tuple(replace(c, start=c.start + 1e6 - 10) for c in one.changes))
        for name, one in study.policies.items()
    }
    later = replace(later, policies=policies)
    starts = [1e6 + place for place in range(1, 7)]
    found = timing(later, "help", starts, draws=50)
    assert found["start"].values.tolist() == starts
    end = found["level"].sel(moment="end", quantile=0.5).values
    assert (np.diff(end) < 0).all()


@pytest.mark.parametrize("title", ["help from 24", "help from 24.0"])
def test_a_policy_of_the_study_is_never_replaced(study: Study, title: str) -> None:
    named = replace(study, policies={**study.policies, title: study.policies["town"]})
    one = timing(named, "help", [24.0], against=title, draws=50)
    other = timing(study, "help", [24.0], against="town", draws=50)
    xr.testing.assert_equal(one, other)


def test_any_number_is_a_start(study: Study) -> None:
    whole = timing(study, "help", [12.0, 24.0, 36.0], draws=50)
    mixed = [12, np.int64(24), np.float32(36)]
    xr.testing.assert_identical(
        timing(study, "help", mixed, draws=50).drop_attrs(), whole.drop_attrs()
    )


def test_coming_back_needs_another_policy(study: Study) -> None:
    with pytest.raises(StudyError) as error:
        timing(study, "help", [24.0], against="actual", draws=5)
    assert str(error.value) == (
        "against: 'actual' is the reference policy, which 'help' starts from, so everything is "
        "back to it at once; name it, on the command line by --against: town; or give a share "
        "above 1"
    )
    # To pass it is something else.
    short = replace(study, model=replace(study.model, time=replace(study.model.time, final=50.0)))
    passed = timing(short, "help", [45.0], against="actual", share=1.5, draws=2000)
    # 0.2 + 5 g is at least 0.3 for g above 0.02, three of four.
    assert passed["back"].sel(moment="end").item() == pytest.approx(0.75, abs=0.03)
    assert (passed["back_without"] == 0).all()
    for first, what in (("actual", "is the reference policy"), ("help", "is the one that moves")):
        names = [first, *(name for name in study.policies if name != first)]
        other = replace(study, policies={name: study.policies[name] for name in names})
        with pytest.raises(StudyError, match=f"'{first}'.* {what}.*--against: town"):
            timing(other, "help", [24.0], draws=5)
    own = timing(study, "help", [24.0, 36.0], against="help", draws=50)
    assert own["back"].sel(moment="end", start=24.0).item() == 1


def test_every_variable_is_described(found: xr.Dataset) -> None:
    for name, one in found.data_vars.items():
        assert set(one.attrs) == {"long_name", "units", "description"}, name
    assert found["level"].attrs["units"] == "Dmnl"
    assert found["last_start"].attrs["units"] == "Month"
    assert found["back_low"].attrs["description"].startswith("lower end of the 95 % interval of")


def test_what_always_or_never_comes_back_is_said_so(study: Study) -> None:
    low = timing(study, "help", STARTS, draws=50, share=0.01)
    assert (low["falls_below"].sel(moment="end") == math.inf).all()
    assert low["last_share"].sel(moment="end").values.tolist() == [0, 0, 0, 1]
    high = timing(study, "help", STARTS[2:], draws=50, share=2.0)
    assert (high["falls_below"] == -math.inf).all()
    assert (high["never"] == 1).all()
    assert high["last_start"].isnull().all()


def test_less_may_be_better(study: Study) -> None:
    other = replace(study, better={"Morale": "less"})
    found = timing(other, "help", STARTS, variable="morale", draws=400, share=0.5)
    # At most twice the town's 1.
    for start in STARTS:
        below = (gains(found) * (60 - start) * 0.5 <= 1).mean()
        assert found["back"].sel(start=start, moment="end").item() == below


def test_the_start_of_the_file_gives_the_policy_of_the_file(study: Study) -> None:
    ds = study.run(["town", "help"], draws=100, seed=4)
    found = timing(study, "help", [24.0], draws=100, seed=4)
    end = ds["Morale"].isel(time=-1)
    level = np.quantile(end.sel(policy="help"), [0.05, 0.25, 0.5, 0.75, 0.95])
    assert found["level"].sel(moment="end").values[0].tolist() == level.tolist()


def test_failed_members_are_left_out_and_counted(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = timing(study, "help", STARTS, draws=20, seed=1)
    run = Study.run

    def failing(self: Study, *arguments: object, **options: object) -> xr.Dataset:
        ds = run(self, *arguments, **options).load()
        ds["status"][0, :2] = 1  # the first start, draws 0 and 1
        ds["Morale"][0, :2] = np.nan
        ds["status"][ds["policy"].values.tolist().index("town"), 5] = 4
        return ds

    monkeypatch.setattr(Study, "run", failing)
    found = timing(study, "help", STARTS, draws=20, seed=1)
    assert found["draws_paired"].values.tolist() == [17, 19, 19, 19]
    assert np.flatnonzero(found["counted"] == 0).tolist() == [0, 1, 5]
    kept = found["counted"].values == 1
    assert found["last_start"][~kept].isnull().all()
    np.testing.assert_array_equal(found["last_start"][kept], whole["last_start"][kept])
    back = (gains(whole)[kept] >= 0.95 / 48).mean()
    assert found["back"].sel(start=12.0, moment="end").item() == back


def test_values_between_saved_times_are_linear() -> None:
    values = np.array([[0.0, 1.0], [2.0, 1.0], [2.0, -3.0]])
    at = values_at(values, np.array([0.0, 1.0, 3.0]), np.array([[0.0, 0.25], [1.0, 2.0], [3.0, 3]]))
    expected = [[[0, 1], [0.5, 1]], [[2, 1], [2, -1]], [[2, -3], [2, -3]]]
    assert at.tolist() == expected


def test_last_starts() -> None:
    back = np.array([[1, 0, 1, 0], [1, 1, 0, 0], [0, 1, 1, 0]], dtype=bool)
    found = last_starts(back, np.array([3.0, 5.0, 9.0]))
    assert found[:3].tolist() == [5.0, 9.0, 9.0]
    assert math.isnan(found[3])


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        ([0.9, 0.6, 0.4], 2.0),
        ([0.9, 0.5, 0.5], math.inf),
        ([0.4, 0.3, 0.2], -math.inf),
        ([0.9, 0.4, 0.6], math.nan),
        ([0.4, 0.6, 0.4], math.nan),
        ([0.9, math.nan, 0.1], math.nan),
    ],
)
def test_falls_below(probability: list[float], expected: float) -> None:
    found = falls_below(np.array(probability), np.array([1.0, 2.0, 3.0]), 0.5)
    assert found == expected or (math.isnan(found) and math.isnan(expected))


def test_start_times() -> None:
    assert start_times(72.0, 144.0, 6.0) == [72.0 + 6 * number for number in range(13)]
    assert start_times(0.0, 0.35, 0.1) == [0.0, 0.1, 0.2, pytest.approx(0.3)]
    assert start_times(5.0, 5.0, 1.0) == [5.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"policy": "helps"}, "there is no policy 'helps'; did you mean 'help'?"),
        ({"policy": "actual"}, "it does nothing that 'actual' does not do"),
        ({"against": "city"}, "there is no policy 'city'"),
        ({"variable": "moral"}, "did you mean 'Morale'?"),
        ({"variable": "gain"}, "does not say which way 'gain' is better; name one of Morale"),
        ({"share": 0.0}, "0.0 is no share"),
        ({"share": math.nan}, "nan is no share"),
        ({"starts": []}, "starts are needed one after the other"),
        ({"starts": [5.0, 5.0]}, "starts are needed one after the other"),
        (
            {"starts": [5.0, 5.5]},
            "the starts 5.0 and 5.5 in model time are closer than the TIME STEP",
        ),
        ({"starts": [5, True]}, "'True' is no date"),
        ({"starts": [60.0]}, "a policy that starts at 60 has no time before the end"),
        ({"starts": [61.0]}, "61 is outside the model's horizon"),
        ({"starts": ["2022-01"]}, "means nothing without a calendar"),
    ],
)
def test_mistakes_are_one_line(study: Study, options: dict, message: str) -> None:
    given = {"policy": "help", "starts": STARTS, "draws": 5} | options
    with pytest.raises(StudyError) as error:
        timing(study, given.pop("policy"), given.pop("starts"), **given)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("first", "last", "every", "message"),
    [
        (0.0, 5.0, 0.0, "cannot be 0 apart"),
        (0.0, 5.0, math.nan, "cannot be nan apart"),
        (5.0, 0.0, 1.0, "last start: the last start, 0, is before the first, 5; exchange them"),
        (0.0, 5.0, 0.001, "5001 starts are more than 500"),
    ],
)
def test_wrong_ranges_of_starts(first: float, last: float, every: float, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        start_times(first, last, every)


def test_a_study_without_a_direction(study: Study) -> None:
    with pytest.raises(StudyError, match="no headline variable is better when it is more"):
        timing(replace(study, better={}), "help", STARTS, draws=5)


def test_negative_targets_are_refused(study: Study) -> None:
    faster = replace(study.policies["actual"].changes[0], value=0.05)
    sunk = replace(study.policies["actual"], id="sunk", changes=(faster,))
    wider = replace(study, policies={**study.policies, "sunk": sunk})
    with pytest.raises(StudyError, match="'Morale' is negative under 'sunk' in some draw"):
        timing(wider, "help", STARTS, against="sunk", draws=5)
