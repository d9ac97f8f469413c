"""Statements of what must follow, on a study whose runs are known on paper."""

from __future__ import annotations

from pathlib import Path

import pytest

import flatgov as fg
from flatgov.check.reality import judge_statements, study_of
from flatgov.check.subject import Subject
from flatgov.study.study import Study
from tools.staff_study import MODEL, open_staff

# Staff(t) = first staff * 0.975^(2 t) without hiring.
SHRINKING = """
[reality.shrinks]
text = "Without hiring the office shrinks below sixty."
changes = [{ variable = "hiring", operation = "set", value = 0.0 }]
expect = ["at('Staff' of when, end) < 60", "at('Staff' of when, end) < at('Staff' of base, end)"]
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return open_staff(tmp_path_factory.mktemp("staff"))


def judged(subject: Study | fg.Model, text: str, folder: Path, draws: int = 0) -> Subject:
    file = folder / "checks.toml"
    file.write_text(text, encoding="utf-8")
    if isinstance(subject, Study):
        return Subject(subject.model, subject, draws, 1, file)
    return Subject(subject, None, draws, 1, file)


def test_the_share_of_draws_is_that_on_paper(study: Study, tmp_path: Path) -> None:
    outcome = judge_statements(judged(study, SHRINKING, tmp_path, draws=2048))
    (row,) = outcome.data["statements"]
    assert row["holds at the values of the model"]  # 100 * 0.5446
    # The first staff is uniform from 80 to 120.
    on_paper = (60 / 0.975**24 - 80) / 40
    assert row["share"] == pytest.approx(on_paper, abs=0.003)
    assert row["low"] < on_paper < row["high"]
    (finding,) = outcome.findings
    assert finding.severity == "warning"
    assert finding.what.startswith("'Without hiring the office shrinks below sixty.' holds in 75.")
    assert (finding.variable, finding.line) == ("reality.shrinks", 2)


def test_a_share_that_is_enough_gives_no_finding(study: Study, tmp_path: Path) -> None:
    outcome = judge_statements(judged(study, SHRINKING + "share = 0.7\n", tmp_path, draws=256))
    assert not outcome.findings
    assert outcome.summary == (
        "1 of 1 statements hold at the values of the model, "
        "1 in as many of 256 draws as they ask for"
    )


def test_a_statement_that_the_model_contradicts(study: Study, tmp_path: Path) -> None:
    text = SHRINKING.replace("< 60", "> 60")
    (finding,) = judge_statements(judged(study, text, tmp_path)).findings
    assert finding.what == "the model contradicts 'Without hiring the office shrinks below sixty.'"
    assert finding.evidence == "does not hold: at('Staff' of when, end) > 60"


@pytest.mark.parametrize(
    ("when", "expect", "holds", "vacuous"),
    [
        # Base: Staff stays at 100, skill at 1; `service` is Staff * skill.
        ("'Staff' of base > 50", "'service' of base >= 'Staff' of base", True, False),
        ("'Staff' of base > 50", "'service' of base > 'Staff' of base", False, False),
        ("'Staff' of base > 500", "'service' of base > 1000", True, True),
        (
            "at('Staff' of base, start) > 50",
            "'service' of base < max('Staff' of base)",
            False,
            False,
        ),
    ],
)
def test_conditions_are_looked_at_time_by_time(
    study: Study, tmp_path: Path, when: str, expect: str, holds: bool, vacuous: bool
) -> None:
    text = f'[reality.x]\ntext = "x"\nwhen = ["{when}"]\nexpect = ["{expect}"]\n'
    outcome = judge_statements(judged(study, text, tmp_path))
    (row,) = outcome.data["statements"]
    assert row["holds at the values of the model"] is holds
    assert row["the condition never arises"] is vacuous
    assert len(outcome.findings) == (not holds) + vacuous


def test_a_condition_holds_at_some_times_only(tmp_path: Path) -> None:
    """A decay from 100: above 50 until 13.5 half-lives of 0.05 a step."""
    (tmp_path / "decay.mdl").write_text(
        "x = INTEG(-0.05 * x, 100) ~ ~ |\ny = Time ~ ~ |\nINITIAL TIME = 0 ~ Month ~ |\n"
        "FINAL TIME = 40 ~ Month ~ |\nTIME STEP = 1 ~ Month ~ |\nSAVEPER = 1 ~ Month ~ |\n",
        encoding="utf-8",
    )
    model = fg.load_model(tmp_path / "decay.mdl")
    last = next(n for n in range(40) if 100 * 0.95 ** (n + 1) <= 50)
    for bound, holds in ((last, True), (last - 1, False)):
        text = (
            '[reality.x]\ntext = "x"\nwhen = ["\'x\' of base > 50"]\n'
            f"expect = [\"'y' of base <= {bound}\"]\n"
        )
        outcome = judge_statements(judged(model, text, tmp_path))
        assert outcome.data["statements"][0]["holds at the values of the model"] is holds


def test_a_bare_model_has_one_policy_that_changes_nothing(study: Study) -> None:
    bare = study_of(Subject(study.model))
    assert bare.policies["base"].changes == ()
    assert bare.run(policies=["base"])["Staff"].values[0, -1] == pytest.approx(100)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("changes = [{", "when = [\"'Staff' of base > 1\"]\nchanges = [{", "both `changes` and"),
        ('"hiring", op', '"hirring", op', "'hirring' is not a variable of"),
        ("of when, end) < 60", "of wen, end) < 60", "there is no policy 'wen'"),
        ("expect = [", "expect = []\nold = [", "'old' is no key of this table"),
        ('text = "Without', 'share = 2.0\ntext = "Without', "reality.shrinks.share"),
        ('text = "Without', 'policy = "nobody"\ntext = "Without', "there is no policy 'nobody'"),
    ],
)
def test_mistakes_are_one_line_with_their_place(
    study: Study, tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = SHRINKING.replace(old, new)
    assert text != SHRINKING
    with pytest.raises(fg.StudyError, match=r"checks\.toml:") as caught:
        judge_statements(judged(study, text, tmp_path))
    assert message in str(caught.value)


def test_rising_is_no_condition_of_one_time(study: Study, tmp_path: Path) -> None:
    text = '[reality.x]\ntext = "x"\nwhen = ["rising(\'Staff\' of base)"]\nexpect = ["1 < 2"]\n'
    with pytest.raises(fg.StudyError, match="rising and falling are no conditions"):
        judge_statements(judged(study, text, tmp_path))


def test_without_a_file_or_statements_nothing_is_done(study: Study, tmp_path: Path) -> None:
    assert judge_statements(Subject(study.model, study)).skipped
    assert judge_statements(judged(study, "", tmp_path)).skipped.endswith("has no reality checks")


# No number wherever the staff is not above its floor; hiring and the first staff are uncertain.
GAPPY = MODEL.replace("(Staff - floor) ~ Dmnl", "MAX(Staff - floor, 0) ~ Dmnl")
SERVICE = """
[reality.service]
text = "There is service."
changes = [{ variable = "will", operation = "scale", value = 1.0 }]
expect = ["min('service' of when) > 0"]
"""


@pytest.mark.parametrize(("floor", "some"), [(70.0, False), (95.0, True)])
def test_draws_that_fail_are_left_out_and_told(tmp_path: Path, floor: float, some: bool) -> None:
    text = GAPPY.replace("floor = 0", f"floor = {floor:g}")
    study = open_staff(tmp_path, model=text)
    outcome = judge_statements(judged(study, SERVICE, tmp_path, draws=256))
    (row,) = outcome.data["statements"]
    status = study.run(policies=["now"], draws=256, seed=1)["status"]
    left = int((status != 0).sum())
    assert row["draws left out"] == left
    assert row["draws"] == row["draws that pass"] == 256 - left
    if some:
        (finding,) = outcome.findings
        assert finding.what == f"'There is service.' could not be judged in {left} of 256 draws"
        assert outcome.summary.endswith("; 1 cannot be judged in some draws")
    else:  # No more than one in twenty.
        assert left < 13
        assert not outcome.findings


def test_where_all_draws_fail_nothing_is_judged(tmp_path: Path) -> None:
    # A number only where the skill is 1, as it is at the values of the model.
    alone = MODEL.replace("MAX(Staff - floor, 0) / (Staff - floor)", "SQRT(0 - ABS(skill - 1))")
    study = open_staff(tmp_path, model=alone)
    outcome = judge_statements(judged(study, SERVICE, tmp_path, draws=64))
    (row,) = outcome.data["statements"]
    assert row["holds at the values of the model"]
    assert (row["draws"], row["draws left out"]) == (0, 64)
    (finding,) = outcome.findings
    assert finding.what == "'There is service.' could not be judged in any of 64 draws"
    assert ", 0 in as many of 64 draws" in outcome.summary


def test_the_share_is_of_the_draws_in_which_the_condition_arises(
    study: Study, tmp_path: Path
) -> None:
    # The first staff is uniform from 80 to 120, and 100 in the model.
    text = (
        '[reality.many]\ntext = "Many serve much."\nshare = 0.5\n'
        "when = [\"at('Staff' of base, start) > 110\"]\nexpect = [\"'Staff' of base > 1000\"]\n"
    )
    outcome = judge_statements(judged(study, text, tmp_path, draws=1024))
    (row,) = outcome.data["statements"]
    assert row["draws"] == pytest.approx(256, abs=2)
    assert row["draws"] + row["draws without the condition"] == 1024
    assert row["share"] == 0
    (finding,) = outcome.findings
    assert finding.what == (
        "'Many serve much.' holds in 0.0% of the draws in which its condition arises and should "
        "in 50.0%"
    )
    assert outcome.summary == (
        "0 of 1 statements hold at the values of the model, where the condition of 1 never "
        "arises, 0 in as many of 1024 draws as they ask for (of the draws in which their "
        "condition arises)"
    )


def test_a_condition_that_no_draw_meets_tests_nothing(study: Study, tmp_path: Path) -> None:
    text = (
        '[reality.x]\ntext = "x"\nwhen = ["\'Staff\' of base > 5000"]\n'
        "expect = [\"'Staff' of base > 1\"]\n"
    )
    outcome = judge_statements(judged(study, text, tmp_path, draws=16))
    (finding,) = outcome.findings
    assert finding.what == "the condition of 'x' never arises, so nothing was tested"
    assert outcome.data["statements"][0]["the condition never arises"]


def test_no_number_is_no_contradiction(tmp_path: Path) -> None:
    study = open_staff(tmp_path, model=GAPPY)
    text = (
        '[reality.x]\ntext = "x"\n'
        'changes = [{ variable = "floor", operation = "set", value = 200.0 }]\n'
        "expect = [\"max('margin' of when) <= 1\"]\n"
    )
    (finding,) = judge_statements(judged(study, text, tmp_path)).findings
    assert finding.what.startswith("'x' cannot be judged at the values of the model")
