"""Limits hold for what all changes of a member make together, not for each by itself."""

import pytest

import flatgov as fg
from flatgov.model import Change
from flatgov.study.limits import find_breaches

# `hiring rate` is 5, within [0,20]; 'hire' sets it to 10 from 2020-07 over 6 months.
SET_TEN = '"set"\nvalue = 10.0'
OTHER = """variable = "Tasks"
operation = "scale"
value = 0.5
start = "2021-01-16"
end = 20
"""


def both(operation, value):
    """Let the policy 'both', which extends 'hire', change the hiring rate too."""
    return OTHER, OTHER.replace("Tasks", "hiring rate").replace("scale", operation).replace(
        "0.5", str(value)
    )


@pytest.mark.parametrize(("operation", "value"), [("add", -8), ("add", 10), ("scale", 2)])
def test_what_is_legal_after_the_changes_before_is_accepted(write_study, operation, value):
    study = fg.open_study(write_study(policies=both(operation, value)))
    assert study.policies["both"].changes[-1].value == value


@pytest.mark.parametrize(
    ("operation", "value", "what"),
    [
        ("add", 11, "21 at 2021-01-16 in policy 'both', above the upper limit 20"),
        ("scale", 2.5, "25 at 2021-01-16 in policy 'both', above the upper limit 20"),
        ("add", -10.5, "-0.5 at 2021-01-16 in policy 'both', below the lower limit 0"),
    ],
)
def test_what_extending_leads_to_is_checked(refusal, operation, value, what):
    assert refusal(policies=both(operation, value)) == (
        "policies.toml:34: policies.both.changes #1 value: 'hiring rate' would be "
        f"{what} of the model; give values that keep it between 0 and 20"
    )


@pytest.mark.parametrize(
    ("new", "what"),
    [
        ('"add"\nvalue = -6', "-1 at 2021-01 in policy 'hire', below the lower limit 0"),
        ('"scale"\nvalue = 5', "25 at 2021-01 in policy 'hire', above the upper limit 20"),
    ],
)
def test_a_change_of_the_model_s_own_value(refusal, new, what):
    assert refusal(policies=(SET_TEN, new)) == (
        "policies.toml:22: policies.hire.changes #1 value: 'hiring rate' would be "
        f"{what} of the model; give values that keep it between 0 and 20"
    )


def test_a_policy_under_a_scenario(refusal, write_study):
    busy = (
        '"tasks"\noperation = "add"\nvalue = 50',
        '"hiring rate"\noperation = "set"\nvalue = 12',
    )
    add = (SET_TEN, '"add"\nvalue = 10')
    assert fg.open_study(write_study("one", policies=add)).policies["hire"]
    assert fg.open_study(write_study("two", scenarios=busy)).scenarios["busy"]
    assert refusal(policies=add, scenarios=busy) == (
        "policies.toml:22: policies.hire.changes #1 value: 'hiring rate' would be 22 at 2021-01 in "
        "policy 'hire' under 'busy', above the upper limit 20 of the model; give values that keep "
        "it between 0 and 20"
    )


def test_a_scenario_is_blamed_for_what_it_does_itself(refusal):
    busy = ('"tasks"\noperation = "add"\nvalue = 50', '"stay"\noperation = "add"\nvalue = -20')
    assert refusal(scenarios=busy) == (
        "scenarios.toml:10: scenarios.busy.changes #1 value: 'stay' would be 0 at 2020-01 in "
        "policy 'now' under 'busy', below the lower limit 1 of the model; give values that keep it "
        "at least 1"
    )


def values(model, *changes):
    return [
        (breach.variable.name, breach.value, breach.time, breach.position)
        for breach in find_breaches(model, changes)
    ]


def test_where_the_worst_value_is(write_study):
    model = fg.open_study(write_study()).model
    rate = "hiring rate"
    up = Change(rate, "add", 30.0, 0.0, ramp=10.0)
    # 5 + 3 t until a fall at 6.2: the last step before it is 6.
    fall = Change(rate, "add", -24.0, 6.2)
    assert values(model, up, fall) == [(rate, 23.0, 6.0, 0)]
    # A change that has ended no longer counts.
    assert (
        values(model, Change(rate, "add", 15.0, 0.0, end=5.0), Change(rate, "add", 15.0, 5.0)) == []
    )
    # Rounding is no breach: 5 + 14.9 + 0.1 is a little more than 20.
    assert values(model, *(Change(rate, "add", 0.1, 0.0) for _ in range(150))) == []


def test_initial_values_of_stocks_and_unknown_values(write_study):
    folder = write_study(office=("100) ~ Person", "5 * tasks) ~ Person"))
    model = fg.open_study(folder).model
    add = Change("Staff", "add", 300.0, 0.0)
    # What the model computes is not known before a run; what is set is.
    assert values(model, add) == []
    assert values(model, Change("Staff", "set", 300.0, 0.0), add) == [("Staff", 600.0, 0.0, 1)]


def test_lookups_have_no_limits(write_study):
    model = fg.open_study(write_study()).model
    assert values(model, Change("effect of load", "scale", 99.0, 0.0)) == []
