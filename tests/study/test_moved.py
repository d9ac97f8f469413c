from __future__ import annotations

from dataclasses import replace

import pytest

import flatgov as fg
from flatgov.errors import StudyError
from flatgov.model import Change
from flatgov.study.moved import moved, own_changes


@pytest.fixture
def study(write_study):
    return fg.open_study(write_study())


def test_own_changes_are_those_that_the_reference_does_not_have(study):
    both = own_changes(study.policies["both"], study)
    assert [change.variable for change in both] == ["hiring rate", "tasks"]
    onto_hire = replace(study, reference="hire")
    assert [c.variable for c in own_changes(study.policies["both"], onto_hire)] == ["tasks"]
    assert own_changes(study.policies["now"], study) == ()


def test_own_changes_move_together(study):
    before = study.policies["both"]
    after = moved(before, study, 2.0)
    # The first starts at 6 (July 2020); the other at 12 + 15/31, and it ends at 20.
    assert [change.start for change in after.changes] == [2.0, 12 + 15 / 31 - 4]
    assert [change.end for change in after.changes] == [None, 16.0]
    assert [change.ramp for change in after.changes] == [6.0, 0.0]
    assert moved(after, study, 6.0) == before
    assert replace(after, changes=before.changes) == before


def test_history_stays_where_it_is(study):
    onto_hire = replace(study, reference="hire")
    after = moved(study.policies["both"], onto_hire, 3.0)
    assert after.changes[0] == study.policies["hire"].changes[0]
    assert (after.changes[1].start, after.changes[1].end) == (3.0, 20 - (12 + 15 / 31 - 3.0))


def test_of_equal_changes_the_last_moves(study):
    twice = study.policies["hire"].changes * 2
    policy = replace(study.policies["hire"], changes=twice)
    after = moved(policy, replace(study, reference="hire"), 9.0)
    assert [change.start for change in after.changes] == [6.0, 9.0]


def test_the_name_of_the_uncertain_quantity_stays(study):
    drawn = replace(study.policies["hire"].changes[0], draw="hire: hiring rate")
    policy = replace(study.policies["hire"], changes=(drawn,))
    assert moved(policy, study, 1.0).changes[0].draw == "hire: hiring rate"


def test_a_moved_policy_is_the_same_policy_later(study):
    made = {
        "late": moved(study.policies["both"], study, 10.0),
        "past the end": moved(study.policies["both"], study, 24.0),
    }
    wider = replace(study, policies={**study.policies, **made})
    ds = wider.run(["now", "both", "late", "past the end"])
    rate = ds["hiring rate"]
    early = rate.sel(policy="both", time=slice(0, 20)).values
    assert rate.sel(policy="late", time=slice(4, 24)).values.tolist() == early.tolist()
    until = ds.sel(time=slice(0, 9))
    assert (until["Staff"].sel(policy="late") == until["Staff"].sel(policy="now")).all()
    end = ds.sel(policy="past the end")
    assert (end["Staff"] == ds["Staff"].sel(policy="now")).all()


@pytest.mark.parametrize(
    ("policy", "start", "message"),
    [
        ("now", 3.0, "does nothing that 'now' does not do"),
        ("hire", 25.0, "cannot start at time 25: the run is from 0 to 24"),
        ("hire", -1.0, "cannot start at time -1"),
    ],
)
def test_what_cannot_be_moved(study, policy, start, message):
    with pytest.raises(StudyError, match=message):
        moved(study.policies[policy], study, start)


def test_an_initial_value_cannot_be_moved(study):
    change = Change("Staff", "set", 90.0, 0.0)
    policy = replace(study.policies["hire"], changes=(change,))
    with pytest.raises(StudyError, match="'Staff' can only be changed at the start of the run"):
        moved(policy, study, 3.0)
