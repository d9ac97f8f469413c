"""What can be wrong in a study beside its policies: one line that says where and how to fix it."""

import pytest

import flatgov as fg

# The file, what stands in it now, what the user wrote instead, and the message after the folder.
CASES = {
    "scenarios: default": (
        "scenarios",
        'default = "calm"',
        'default = "clam"',
        "scenarios.toml:1: default: there is no scenario 'clam'; did you mean 'calm'? there are "
        "calm, busy",
    ),
    "scenarios: variable": (
        "scenarios",
        '"tasks"',
        '"task"',
        "scenarios.toml:8: scenarios.busy.changes #1 variable: 'task' is not a variable of "
        "{folder}/office.mdl; did you mean 'tasks'? `flatgov describe` lists the names",
    ),
    "evidence: variable": (
        "evidence",
        '["leaving"]\ntest',
        '["leavng"]\ntest',
        "evidence.toml:7: claims #1 variables: 'leavng' is not a variable of {folder}/office.mdl; "
        "did you mean 'leaving'? `flatgov describe` lists the names",
    ),
    "evidence: test": (
        "evidence",
        'test = "P1"',
        'test = "P2"',
        "evidence.toml:8: claims #1 test: there is no test 'P2'; there are P1",
    ),
    "evidence: neither test nor reason": (
        "evidence",
        'reason = "No number is given."\n',
        "",
        "evidence.toml:9: claims #2: claim 2 needs either `test` or `reason`; name the behaviour "
        "test that checks it, or say why none can",
    ),
    "evidence: number twice": (
        "evidence",
        "number = 2",
        "number = 1",
        "evidence.toml:4: claims #1 number: claim 1 is there 2 times; give each claim a number of "
        "its own",
    ),
    "evidence: polarity": (
        "evidence",
        '"balancing"',
        '"negative"',
        "evidence.toml:15: loops.B1.polarity: 'negative' is not one of reinforcing, balancing",
    ),
    "evidence: a loop with a link that is not there": (
        "evidence",
        '["staff", "leaving"]',
        '["staff", "load", "hiring"]',
        "evidence.toml:16: loops.B1.variables: the loop 'B1' is broken: the equation of 'hiring' "
        "does not use 'load'; it uses hiring rate",
    ),
    "evidence: a loop that does not close": (
        "evidence",
        '["staff", "leaving"]',
        '["staff", "load"]',
        "evidence.toml:16: loops.B1.variables: the loop 'B1' is broken: the equation of 'Staff' "
        "does not use 'load'; it uses hiring, leaving",
    ),
    "figures: event": (
        "figures",
        '"2020-03"',
        '"2023-03"',
        "figures.toml:2: events #1 date: 2023-03 is outside the model's horizon; the model runs "
        "from 2020-01 to 2022-01",
    ),
    "figures: label": (
        "figures",
        '[labels."staff"]',
        '[labels."staf"]',
        "figures.toml:4: labels.staf: 'staf' is not a variable of {folder}/office.mdl; did you "
        "mean 'Staff'? `flatgov describe` lists the names",
    ),
    "figures: units": (
        "figures",
        '"Person" =',
        '"Persno" =',
        "figures.toml:7: units.Persno: no variable of the model is in 'Persno'; did you mean "
        "'Person'? take it out or spell it as in the model",
    ),
    "figures: policy": (
        "figures",
        '["now", "both"]',
        '["now", "bot"]',
        "figures.toml:12: breakdowns.flows.policies: there is no policy 'bot'; did you mean "
        "'both'? there are now, hire, both",
    ),
    "figures: a breakdown that would leave the folder": (
        "figures",
        "[breakdowns.flows]",
        '[breakdowns."../flows"]',
        "figures.toml:8: breakdowns.../flows: '../flows' becomes part of a file's name; use "
        "letters, digits, _ and -",
    ),
    "figures: claim": (
        "figures",
        "claims = [2]",
        "claims = [3]",
        "figures.toml:20: promises.items #1 claims: there is no claim 3 in evidence.toml; the "
        "nearest are 1, 2",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_whole_line(refusal, case):
    file, old, new, line = case
    assert refusal(**{file: (old, new)}) == line


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("value = 10.0", "value = ", ":22:9: broken TOML: invalid value"),
        (
            'reference = "now"',
            'reference = "now',
            ":3:17: broken TOML: the line ends inside a text",
        ),
        ("value = 10.0", "value = 10.0\nvalue = 9", ":23:10: broken TOML: cannot overwrite"),
    ],
)
def test_broken_toml_says_line_and_column(write_study, old, new, place):
    folder = write_study(policies=(old, new))
    with pytest.raises(fg.StudyError) as caught:
        fg.open_study(folder)
    assert str(caught.value).startswith(f"{folder}/policies.toml{place}")


def test_a_file_that_is_not_utf8_says_the_line(write_study):
    folder = write_study()
    (folder / "scenarios.toml").write_bytes('a = 1\nb = "平静"\n'.encode("gb18030"))
    with pytest.raises(fg.StudyError) as caught:
        fg.open_study(folder)
    assert str(caught.value) == (
        f"{folder}/scenarios.toml:2: is not UTF-8 text; save the file as UTF-8"
    )


def test_missing_folder(write_study):
    folder = write_study()
    with pytest.raises(fg.StudyError) as caught:
        fg.open_study(folder.parent / "offce")
    assert str(caught.value) == (
        f"there is no file or folder '{folder.parent}/offce'; did you mean 'office'? name a study "
        "folder or a model file; `flatgov new DIR` makes a study"
    )


def test_missing_policies(write_study):
    folder = write_study(without=("policies.toml",))
    with pytest.raises(fg.StudyError, match=r"there is no policies\.toml; write one"):
        fg.open_study(folder)


def test_no_model_file(write_study):
    folder = write_study(without=("office.mdl",))
    with pytest.raises(fg.StudyError) as caught:
        fg.open_study(folder)
    assert str(caught.value) == (
        f"{folder}: there is no model file in this folder; put one here (.mdl, .xmile, .stmx)"
    )


def test_two_model_files(write_study):
    folder = write_study()
    (folder / "second.xmile").touch()
    with pytest.raises(fg.StudyError) as caught:
        fg.open_study(folder)
    assert str(caught.value) == (
        f"{folder}: a study has one model file, this folder has 2: office.mdl, second.xmile; keep "
        "one of them"
    )
