"""Everything that can be wrong in policies.toml: one line, with line, key, nearest name, fix."""

import pytest

import flatgov as fg

# What stands in the file now, what the user wrote instead, and the message after the folder.
CASES = {
    "unknown key": (
        'reason = "The council says so."',
        'raeson = "The council says so."',
        "policies.toml:26: policies.hire.changes #1 raeson: 'raeson' is no key of this table; did "
        "you mean 'reason'? the keys are variable, operation, value, units, start, ramp, end, "
        "reason",
    ),
    "unknown table": (
        "[calendar]",
        "[calender]",
        "policies.toml:7: calender: 'calender' is no key of this table; did you mean 'calendar'? "
        "the keys are study, calendar, policies",
    ),
    "missing key": (
        'operation = "set"\n',
        "",
        "policies.toml:19: policies.hire.changes #1: the key 'operation' is missing",
    ),
    "missing start": (
        'start = "2020-07"\n',
        "",
        "policies.toml:19: policies.hire.changes #1: the key 'start' is missing",
    ),
    "unknown operation": (
        '"set"',
        '"sett"',
        "policies.toml:21: policies.hire.changes #1 operation: 'sett' is not one of set, add, "
        "scale; did you mean 'set'?",
    ),
    "text for a number": (
        "value = 10.0",
        'value = "10"',
        "policies.toml:22: policies.hire.changes #1 value: must be a number, not '10'",
    ),
    "truth for a number": (
        "value = 10.0",
        "value = true",
        "policies.toml:22: policies.hire.changes #1 value: must be a number, not True",
    ),
    "label without Chinese": (
        '{ en = "As it is", zh = "现状" }',
        '{ en = "As it is" }',
        "policies.toml:12: policies.now.label: the label has no text for zh",
    ),
    "unknown variable": (
        '"hiring rate"',
        '"hirring rate"',
        "policies.toml:20: policies.hire.changes #1 variable: 'hirring rate' is not a variable of "
        "{folder}/office.mdl; did you mean 'hiring rate'? `flatgov describe` lists the names",
    ),
    "unknown extended policy": (
        '["now"]',
        '["nwo"]',
        "policies.toml:18: policies.hire.extends: there is no policy 'nwo'; did you mean 'now'? "
        "there are now, hire, both",
    ),
    "circle": (
        '["now"]',
        '["both"]',
        "policies.toml:30: policies.both.extends: the policies extend each other in a circle: "
        "hire → both → hire; take 'hire' out",
    ),
    "computed variable": (
        '"hiring rate"',
        '"leaving"',
        "policies.toml:20: policies.hire.changes #1 variable: 'leaving' is a flow and cannot be "
        "changed; change a constant, the initial value of a stock or a lookup table, such as one "
        "of those that it uses: Staff, stay, effect of load, load",
    ),
    "wrong units": (
        '"Person/Month"',
        '"Person/Year"',
        "policies.toml:23: policies.hire.changes #1 units: the units are 'Person/Year' but 'hiring "
        "rate' is in 'Person/Month'; give the value in 'Person/Month'",
    ),
    "above the limit": (
        "value = 10.0",
        "value = 21",
        "policies.toml:22: policies.hire.changes #1 value: 'hiring rate' would be 21, above the "
        "upper limit 20 of the model; give a value that keeps it between 0 and 20",
    ),
    "not finite": (
        "value = 10.0",
        "value = nan",
        "policies.toml:22: policies.hire.changes #1 value: nan is no value; give a finite number",
    ),
    "bad date": (
        '"2020-07"\nramp',
        '"2024-13"\nramp',
        "policies.toml:24: policies.hire.changes #1 start: '2024-13' is no date; write a month as "
        "2016-01 or a day as 2016-01-15",
    ),
    "date after the horizon": (
        '"2020-07"\nramp',
        '"2022-02"\nramp',
        "policies.toml:24: policies.hire.changes #1 start: 2022-02 is outside the model's horizon; "
        "the model runs from 2020-01 to 2022-01",
    ),
    "time before the horizon": (
        '"2020-07"\nramp',
        "-1\nramp",
        "policies.toml:24: policies.hire.changes #1 start: -1 is outside the model's horizon; "
        "the model runs from 2020-01 to 2022-01",
    ),
    "empty interval": (
        "end = 20",
        'end = "2021-01"',
        "policies.toml:36: policies.both.changes #1 end: the interval is empty: it ends at 2021-01 "
        "and starts at 2021-01-16; let it end after its start",
    ),
    "negative ramp": (
        "ramp = 6",
        "ramp = -6",
        "policies.toml:25: policies.hire.changes #1 ramp: the ramp is -6; give its length in model "
        "time, 0 or more",
    ),
    "ramp longer than the interval": (
        "ramp = 6",
        "ramp = 6\nend = 9",
        "policies.toml:25: policies.hire.changes #1 ramp: the ramp takes 6 but the interval from "
        "2020-07 to 2020-10 only 3; shorten the ramp or move the end",
    ),
    "overlap": (
        "end = 20",
        'end = 20\n[[policies.both.changes]]\nvariable = "tasks"\noperation = "set"\n'
        "value = 1\nstart = 19",
        "policies.toml:37: policies.both.changes #2: two changes of 'tasks' overlap from 2021-08; "
        "give the one that starts at 2021-01-16 an `end` of 2021-08 or earlier",
    ),
    "two changes at one time": (
        "end = 20",
        'end = 20\n[[policies.both.changes]]\nvariable = "tasks"\noperation = "set"\n'
        'value = 1\nstart = "2021-01-16"',
        "policies.toml:37: policies.both.changes #2: two changes of 'tasks' overlap from "
        "2021-01-16; keep one of them",
    ),
    "initial value later": (
        '"hiring rate"\noperation = "set"\nvalue = 10.0\nunits = "Person/Month"',
        '"staff"\noperation = "set"\nvalue = 10.0',
        "policies.toml:23: policies.hire.changes #1 start: the initial value of a stock can only "
        "be changed at the start of the run, 'Staff' is changed at 2020-07; let it start at "
        "2020-01",
    ),
    "initial value with a ramp": (
        '"hiring rate"\noperation = "set"\nvalue = 10.0\nunits = "Person/Month"\nstart = "2020-07"',
        '"staff"\noperation = "set"\nvalue = 10.0\nstart = 0',
        "policies.toml:24: policies.hire.changes #1 ramp: the initial value of a stock cannot have "
        "`ramp`, and 'Staff' is one; leave it out",
    ),
    "lookup set": (
        '"hiring rate"\noperation = "set"\nvalue = 10.0\nunits = "Person/Month"',
        '"effect of load"\noperation = "set"\nvalue = 10.0',
        "policies.toml:22: policies.hire.changes #1 value: 'effect of load' is a lookup table and "
        'cannot be set; use operation = "scale"; it multiplies the outputs',
    ),
    "unknown claim": (
        "claims = [1]",
        "claims = [7]",
        "policies.toml:17: policies.hire.claims: there is no claim 7 in evidence.toml; the nearest "
        "are 1, 2",
    ),
    "unknown reference": (
        'reference = "now"',
        'reference = "actual"',
        "policies.toml:3: study.reference: there is no policy 'actual'; there are now, hire, both",
    ),
    "unknown headline": (
        '["Staff", "load"]',
        '["Staff", "lod"]',
        "policies.toml:5: study.headline: 'lod' is not a variable of {folder}/office.mdl; did you "
        "mean 'load'? `flatgov describe` lists the names",
    ),
    "observed outside": (
        '"2020-07"\nheadline',
        '"2019-07"\nheadline',
        "policies.toml:4: study.observed: 2019-07 is outside the model's horizon; the model runs "
        "from 2020-01 to 2022-01",
    ),
    "no calendar": (
        '[calendar]\nepoch = "2020-01"\nunit = "Month"\n',
        "",
        "policies.toml:4: study.observed: the date 2020-07 means nothing without a calendar; add "
        '[calendar] with epoch = "2016-01" and unit = "Month", or give model time as a number',
    ),
    "unknown unit of time": (
        'unit = "Month"',
        'unit = "Months"',
        "policies.toml:9: calendar.unit: 'Months' is not one of Day, Week, Month, Year; did you "
        "mean 'Month'?",
    ),
    "calendar in another unit than the model": (
        'unit = "Month"',
        'unit = "Year"',
        "policies.toml:9: calendar.unit: the unit is 'Year' but the model's time is in 'Month'; "
        'write unit = "Month"',
    ),
    "bad epoch": (
        'epoch = "2020-01"',
        'epoch = "2020"',
        "policies.toml:8: calendar.epoch: '2020' is no date; write a month as 2016-01 or a day as "
        "2016-01-15",
    ),
    "two problems": (
        '"set"\nvalue = 10.0\nunits = "Person/Month"',
        '"set"\nvalue = 10.0\nunits = "Person"\nstart = 0\n[[policies.hire.changes]]\n'
        'variable = "x"\noperation = "add"\nvalue = 1',
        "policies.toml:23: policies.hire.changes #1 units: the units are 'Person' but 'hiring "
        "rate' is in 'Person/Month'; give the value in 'Person/Month' (and 1 more)",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_whole_line(refusal, case):
    old, new, line = case
    assert refusal(policies=(old, new)) == line


def test_a_date_without_quotes_is_a_date(write_study):
    folder = write_study(policies=('"2021-01-16"', "2021-01-16"))
    start = fg.open_study(folder).policies["both"].changes[-1].start
    assert start == 12 + 15 / 31


def test_changes_that_follow_each_other_do_not_overlap(write_study):
    folder = write_study(
        policies=(
            "end = 20",
            'end = 20\n[[policies.both.changes]]\nvariable = "tasks"\noperation = "set"\n'
            "value = 1\nstart = 20",
        )
    )
    assert len(fg.open_study(folder).policies["both"].changes) == 3
