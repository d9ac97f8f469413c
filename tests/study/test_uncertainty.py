"""What a study does not know, from uncertainty.toml to the numbers of a run."""

import numpy as np
import pytest
from scipy import stats

import flatgov as fg
from flatgov.study.design import Design, sample
from flatgov.study.uncertainty import draws_of, normal_correlation

# Every key that decides numbers, changed.
KEYS = {
    "low of a triangular one": ("low = 10\n", "low = 12\n"),
    "mode": ("high = 40\n", "high = 40\nmode = 30\n"),
    "high": ("high = 40\n", "high = 41\n"),
    "median": ("median = 100.0", "median = 101.0"),
    "sigma": ("sigma = 0.2", "sigma = 0.3"),
    "args": ("a = 50.0", "a = 51.0"),
    "low of a cut one": ("low = 60.0", "low = 90.0"),
    "high of a cut one": ("high = 200.0", "high = 110.0"),
    "a": ("a = 2,", "a = 3,"),
    "b": ("b = 2,", "b = 3,"),
    "mean": ("mean = 1.0", "mean = 1.1"),
    "sd": ("sd = 0.1", "sd = 0.2"),
    "values": ("[50, 30]", "[50, 20]"),
    "weights": ("[3, 1]", "[1, 3]"),
    "distribution": ('"uniform"', '"triangular"'),
    "variable": (
        '[parameters.tasks]\ndistribution = "lognormal"\nmedian = 100.0\nsigma = 0.2',
        '[parameters."hiring rate"]\ndistribution = "uniform"\nlow = 1\nhigh = 19',
    ),
    "rank": ("rank = 0.6", "rank = -0.6"),
    "factors": ('["stay", ', '["staff", '),
}


def drawn(folder, count: int = 64) -> np.ndarray:
    study = fg.open_study(folder)
    assert study.uncertainty is not None
    return sample(study.uncertainty, Design(study.uncertainty.method, count, 1), 0, count)


def test_the_factors(uncertain_study) -> None:
    study = fg.open_study(uncertain_study())
    found = study.uncertainty
    assert found is not None
    assert found.method == "random"
    shown = [(one.name, one.kind, one.variable, one.units, one.base) for one in found.factors]
    assert shown == [
        ("stay", "value", "stay", "Month", 20.0),
        ("tasks", "value", "tasks", "Task/Month", 100.0),
        ("Staff", "value", "Staff", "Person", 100.0),
        ("effect of load (strength)", "strength", "effect of load", "Dmnl", 1.0),
        ("effect of load (slope)", "slope", "effect of load", "Dmnl", 1.0),
        ("hire: hiring rate", "change", "hiring rate", "Person/Month", 10.0),
        ("busy: tasks", "change", "tasks", "Task/Month", 50.0),
    ]
    assert [one.text for one in found.factors] == [
        "triangular 10, 20, 40",
        "lognormal 100, 0.2",
        "scipy.gamma a = 50, scale = 2, within 60 to 200",
        "beta 2, 2, within 0.5 to 1.5",
        "normal 1, 0.1",
        "uniform 8, 12",
        "discrete 30 (25 %), 50 (75 %)",
    ]
    assert [one.reason for one in found.factors][:2] == ["A guess.", "Someone (2020)."]
    assert {one.normal for one in found.factors if one.kind in ("strength", "slope")} == {(1, 1)}


def test_changes_have_their_draws_also_where_a_policy_is_extended(uncertain_study) -> None:
    study = fg.open_study(uncertain_study())
    draws = {
        name: [change.draw for change in one.changes]
        for name, one in (*study.policies.items(), *study.scenarios.items())
    }
    assert draws == {
        "now": [],
        "hire": ["hire: hiring rate"],
        "both": ["hire: hiring rate", ""],
        "calm": [],
        "busy": ["busy: tasks"],
    }
    values = [change.value for change in study.policies["both"].changes]
    assert values == [10.0, 0.5]


ENDED = (
    'ramp = 6\nreason = "The council says so."\n',
    'ramp = 6\nend = "2021-07"\nreason = "The council says so."\n'
    '[[policies.hire.changes]]\nvariable = "hiring rate"\noperation = "scale"\nvalue = 1.5\n'
    'start = "2021-07"\n',
)


def test_one_of_two_changes_of_a_variable(uncertain_study) -> None:
    pair = ('policy = "hire"', 'policy = "hire"\nnumber = 2')
    numbers = (
        'low = 8.0\nhigh = 12.0\nunits = "Person/Month"',
        'low = 1.0\nhigh = 1.6\nunits = "Dmnl"',
    )
    folder = uncertain_study(
        pair, numbers, ("Hire: hiring_rate", "Hire: hiring_rate 2"), policies=ENDED
    )
    study = fg.open_study(folder)
    assert [change.draw for change in study.policies["both"].changes] == [
        "",
        "hire: hiring rate 2",
        "",
    ]
    assert study.uncertainty is not None
    factor = study.uncertainty.factors[5]
    assert (factor.name, factor.units, factor.base) == ("hire: hiring rate 2", "Dmnl", 1.5)


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (
            "",
            "uncertainty.toml:36: changes #1 variable: the policy 'hire' changes 'hiring rate' 2 "
            "times; say which of them: number = 1 to 2",
        ),
        (
            "\nnumber = 3",
            "uncertainty.toml:36: changes #1 number: there is no change 3: the policy 'hire' "
            "changes 'hiring rate' 2 times; give 1 to 2",
        ),
        (
            "\nnumber = 2",
            "uncertainty.toml:41: changes #1 units: the units are 'Person/Month' but the change of "
            "'hiring rate' in the policy 'hire' is in 'Dmnl'; give the values in 'Dmnl'",
        ),
    ],
)
def test_which_of_two_changes(uncertain_study, number: str, line: str) -> None:
    folder = uncertain_study(('policy = "hire"', f'policy = "hire"{number}'), policies=ENDED)
    with pytest.raises(fg.StudyError) as caught:
        fg.open_study(folder)
    assert str(caught.value) == f"{folder}/{line}"


def test_what_a_run_takes(uncertain_study) -> None:
    study = fg.open_study(uncertain_study())
    assert study.uncertainty is not None
    values = np.arange(21.0).reshape(3, 7)
    draws = draws_of(study.uncertainty, values, 5)
    assert (draws.count, draws.first) == (3, 5)
    assert {name: one.tolist() for name, one in draws.values.items()} == {
        "stay": [0.0, 7.0, 14.0],
        "tasks": [1.0, 8.0, 15.0],
        "Staff": [2.0, 9.0, 16.0],
    }
    assert draws.strengths["effect of load"].tolist() == [3.0, 10.0, 17.0]
    assert draws.slopes["effect of load"].tolist() == [4.0, 11.0, 18.0]
    assert draws.normals == {"effect of load": (1.0, 1.0)}
    assert {name: one[0] for name, one in draws.changes.items()} == {
        "hire: hiring rate": 5.0,
        "busy: tasks": 6.0,
    }


def test_draws_have_the_distributions_and_correlations_of_the_file(uncertain_study) -> None:
    values = drawn(uncertain_study(('"random"', '"sobol"')), 4096)
    assert stats.spearmanr(values[:, 0], values[:, 5]).statistic == pytest.approx(0.6, abs=5e-3)
    assert np.median(values[:, 1]) == pytest.approx(100.0, rel=1e-3)
    assert values[:, 2].min() > 60.0
    assert np.unique(values[:, 6]).tolist() == [30.0, 50.0]


@pytest.mark.parametrize("case", KEYS.values(), ids=KEYS)
def test_every_key_changes_the_draws(uncertain_study, case) -> None:
    before = drawn(uncertain_study(name="before"))
    after = drawn(uncertain_study(case, name="after"))
    assert before.shape == after.shape
    assert not np.array_equal(before, after)


def test_the_design_and_the_hash_are_those_of_the_file(uncertain_study, write_study) -> None:
    one = fg.open_study(uncertain_study(name="one"))
    other = fg.open_study(uncertain_study(('"random"', '"lhs"'), name="other"))
    assert one.uncertainty is not None
    assert other.uncertainty is not None
    assert (one.uncertainty.method, other.uncertainty.method) == ("random", "lhs")
    assert one.hash != other.hash
    assert fg.open_study(write_study(name="none")).uncertainty is None


def test_without_a_distribution_there_is_nothing_uncertain(uncertain_study) -> None:
    folder = uncertain_study()
    (folder / "uncertainty.toml").write_text('[design]\nmethod = "lhs"\n')
    with pytest.raises(fg.StudyError) as caught:
        fg.open_study(folder)
    assert str(caught.value) == (
        f"{folder}/uncertainty.toml: there is no uncertain quantity; write a table such as "
        "[parameters.NAME], or take the file away"
    )


SUBSCRIPTS = """{UTF-8}
part: A, B ~~|
same[part] = 3 ~ Dmnl ~ |
different[part] = 3, 4 ~ Dmnl ~ |
sum of three = 1 + 2 ~ Dmnl ~ |
Stock = INTEG(same[A] + different[A] + sum of three, 0) ~ Dmnl ~ |
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 2 ~ Month ~ |
TIME STEP = 1 ~ Month ~ |
SAVEPER = 1 ~ Month ~ |
"""


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("same", ""),
        (
            "different",
            "uncertainty.toml:1: parameters.different: the elements of 'different' have 2 "
            "different values, and one factor sets all of them; let a constant of its own scale "
            "them in the model, and draw that",
        ),
        (
            "sum of three",
            "uncertainty.toml:1: parameters.sum of three: the key 'mode' is missing, and the base "
            "value of 'sum of three' is no plain number; give the likeliest value",
        ),
    ],
)
def test_base_values(tmp_path, name: str, line: str) -> None:
    (tmp_path / "model.mdl").write_text(SUBSCRIPTS)
    (tmp_path / "policies.toml").write_text(
        '[policies.now]\nlabel = { en = "As it is", zh = "现状" }\n', encoding="utf-8"
    )
    (tmp_path / "uncertainty.toml").write_text(
        f'[parameters."{name}"]\ndistribution = "triangular"\nlow = 1\nhigh = 5\nreason = "x"\n'
    )
    if not line:
        study = fg.open_study(tmp_path)
        assert study.uncertainty is not None
        assert study.uncertainty.factors[0].base == 3.0
        return
    with pytest.raises(fg.StudyError) as caught:
        fg.open_study(tmp_path)
    assert str(caught.value) == f"{tmp_path}/{line}"


def test_pearson_1907() -> None:
    # The rank correlation of normal variables is 6/pi asin(r/2).
    for rank in (-0.99, -0.3, 0.0, 0.5, 0.999):
        found = normal_correlation(rank)
        assert 6.0 / np.pi * np.arcsin(found / 2.0) == pytest.approx(rank, abs=1e-15)
