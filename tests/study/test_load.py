import dataclasses

import pytest

import flatgov as fg
from flatgov.model import Change


def test_a_study_with_all_files(write_study):
    study = fg.open_study(write_study())
    assert study.name == "office"
    assert study.title == {"en": "A tiny office", "zh": "小机关"}
    assert list(study.policies) == ["now", "hire", "both"]
    assert list(study.scenarios) == ["calm", "busy"]
    assert (study.reference, study.observed, study.default_scenario) == ("now", 6.0, "calm")
    assert study.headline == ("Staff", "load")


def test_changes_are_in_model_time_with_those_of_extended_policies_first(write_study):
    study = fg.open_study(write_study())
    hire = Change("hiring rate", "set", 10.0, start=6.0, ramp=6.0)
    fewer = Change("tasks", "scale", 0.5, start=12 + 15 / 31, end=20.0)
    assert study.policies["now"].changes == ()
    assert study.policies["both"].changes == (hire, fewer)
    assert study.scenarios["busy"].changes == (Change("tasks", "add", 50.0, start=0.0),)


def test_a_policy_that_is_extended_twice_applies_once(write_study):
    extends = ('extends = ["hire"]', 'extends = ["now", "hire", "now"]')
    study = fg.open_study(write_study(policies=extends))
    assert [change.variable for change in study.policies["both"].changes] == [
        "hiring rate",
        "tasks",
    ]


def test_figures_and_evidence_use_the_spelling_of_the_model_and_model_time(write_study):
    study = fg.open_study(write_study())
    assert study.evidence.loops["B1"].variables == ("Staff", "leaving")
    assert study.figures.events[0].date == 2.0
    assert (study.figures.promises.before, study.figures.promises.after) == (1.0, 13.0)
    assert study.figures.promises.items[0].variable == "load"
    assert {name: label.zh for name, label in study.figures.labels.items()} == {"Staff": "人员"}


def test_policies_are_enough(write_study):
    others = ("scenarios.toml", "evidence.toml", "figures.toml")
    study = fg.open_study(write_study(without=others))
    assert (study.scenarios, study.default_scenario, study.figures.events) == ({}, None, ())


def test_a_study_never_changes(write_study):
    study = fg.open_study(write_study())
    with pytest.raises(dataclasses.FrozenInstanceError):
        study.name = "other"


def test_the_hash_is_of_the_content_alone(write_study):
    one = fg.open_study(write_study("one"))
    with_remark = ('reference = "now"', '# A remark.\nreference = "now"')
    same = fg.open_study(write_study("two", policies=with_remark))
    (same.folder / "office.mdl").rename(same.folder / "renamed.mdl")
    assert fg.open_study(same.folder).hash == one.hash
    assert fg.open_study(write_study("three", policies=("10.0", "9.0"))).hash != one.hash
    assert fg.open_study(write_study("four", scenarios=("50", "40"))).hash != one.hash
    assert fg.open_study(write_study("five", office=("= 20 ~", "= 30 ~"))).hash != one.hash


def in_years(initial, final, units="Year"):
    """Replace the horizon of the tiny model by one in years."""
    return (
        "INITIAL TIME = 0 ~ Month ~ |\nFINAL TIME = 24 ~ Month ~ |\nTIME STEP = 0.5 ~ Month ~ |\n"
        "SAVEPER = 1 ~ Month ~ |",
        f"INITIAL TIME = {initial} ~ {units} ~ |\nFINAL TIME = {final} ~ {units} ~ |\n"
        f"TIME STEP = 0.5 ~ {units} ~ |\nSAVEPER = 1 ~ {units} ~ |",
    )


def calendar(epoch, unit):
    return ('epoch = "2020-01"\nunit = "Month"', f'epoch = "{epoch}"\nunit = "{unit}"')


def test_a_model_that_counts_calendar_years(write_study):
    others = ("scenarios.toml", "evidence.toml", "figures.toml")
    text = write_study("first").joinpath("policies.toml").read_text(encoding="utf-8")
    folder = write_study(without=others, office=in_years(2018, 2040))
    for old, new in (calendar("0000-01", "Year"), ("end = 20", 'end = "2030-01"')):
        assert old in text
        text = text.replace(old, new)
    (folder / "policies.toml").write_text(text, encoding="utf-8")
    study = fg.open_study(folder)
    assert study.policies["hire"].changes[0].start == 2020.5
    assert study.policies["both"].changes[1].end == 2030.0


def test_an_epoch_that_does_not_fit_calendar_years(write_study):
    folder = write_study(office=in_years(2018, 2040), policies=calendar("2016-01", "Year"))
    with pytest.raises(fg.StudyError) as caught:
        fg.open_study(folder)
    epoch, end = caught.value.all
    assert "20 is outside the model's horizon" in str(end)
    assert str(epoch) == (
        f"{folder}/policies.toml:8: calendar.epoch: the run would start in 4034-01; `epoch` is the "
        'date of model time 0; for a model that counts calendar years write epoch = "0000-01"'
    )


@pytest.mark.parametrize("units", ["Months", "mo", "", "Dmnl"])
def test_a_calendar_that_fits_a_model_or_one_without_units_of_time(write_study, units):
    assert fg.open_study(write_study(office=in_years(0, 24, units))).calendar.unit == "Month"


@pytest.mark.parametrize("units", ["Minute", "Quarter", "tick"])
def test_a_calendar_that_contradicts_the_model(write_study, units):
    folder = write_study(office=in_years(0, 24, units))
    with pytest.raises(fg.StudyError) as caught:
        fg.open_study(folder)
    assert str(caught.value) == (
        f"{folder}/policies.toml:9: calendar.unit: the unit is 'Month' but the model's time is in "
        f"'{units}'; leave [calendar] out, or give the model's TIME STEP the units Month"
    )
