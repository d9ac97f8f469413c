"""A study is read to its end: every mistake is told once, and nothing that only follows from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import flatgov as fg
from flatgov.errors import FlatgovError
from flatgov.study.partial import read_part
from flatgov.study.schema import PoliciesFile

FILES = ("policies", "scenarios", "uncertainty", "evidence", "figures")
BROKEN_TOML = "x = \n"
TESTS = """\
[variants.slow]
extends = ["both"]
[[variants.slow.changes]]
variable = "stay"
operation = "set"
value = 30
start = "2020-04"
[tests.P2]
text = "More: more staff."
expect = ["at('staff' of hire, 2022-01) > at('staff' of slow, 2022-01)"]
"""


def told(folder: Path) -> list[str]:
    """Open a study and give file, line and key of each mistake."""
    error = None
    try:
        fg.open_study(folder)
    except FlatgovError as raised:
        error = raised
    if error is None:
        return []
    assert (len(error.all) > 1) == (f"(and {len(error.all) - 1} more)" in str(error))
    assert str(error).startswith(f"{error.all[0].where}: ")
    return [str(one.where).removeprefix(f"{folder}/") for one in error.all]


@pytest.fixture
def study(uncertain_study: Callable[..., Path]) -> Path:
    folder = uncertain_study()
    with (folder / "evidence.toml").open("a", encoding="utf-8") as file:
        file.write(TESTS)
    assert told(folder) == []
    return folder


def edit(folder: Path, file: str, *pairs: tuple[str, str]) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def test_mistakes_of_all_files_in_their_order(study: Path) -> None:
    edit(study, "figures.toml", ('"spring"', '""'), ('"LOAD"', '"LAOD"'), ("[2]", "[3]"))
    edit(
        study,
        "evidence.toml",
        ('"leaving"]\nt', '"leavng"]\nt'),
        ("'staff' of hire", "'staf' of hire"),
    )
    edit(study, "uncertainty.toml", ("low = 10\n", "lo = 10\n"), ("rank = 0.6", "rank = 2"))
    edit(study, "scenarios.toml", ('"calm"\n', '"clam"\n'), ('"add"', '"ad"'))
    edit(study, "policies.toml", ('"now"\nob', '"nwo"\nob'), ('["now"]', '["no"]'))
    edit(study, "policies.toml", ('"hiring rate"', '"hirng rate"'), ("= 20\n", "= 2000\n"))
    assert told(study) == [
        "policies.toml:3: study.reference",
        "policies.toml:18: policies.hire.extends",
        "policies.toml:20: policies.hire.changes #1 variable",
        "policies.toml:36: policies.both.changes #1 end",
        "scenarios.toml:1: default",
        "scenarios.toml:9: scenarios.busy.changes #1 operation",
        "uncertainty.toml:6: parameters.Stay.lo",
        "uncertainty.toml:53: correlations #1 rank",
        "evidence.toml:7: claims #1 variables",
        "evidence.toml:30: tests.P2.expect #1, character 4",
        "figures.toml:3: events #1 label",
        "figures.toml:18: promises.items #1 variable",
        "figures.toml:20: promises.items #1 claims",
    ]


def test_all_of_one_change(study: Path) -> None:
    edit(
        study, "policies.toml", ('"Person/Month"\nstart = "2020-07"', '"Person"\nstart = "2030-07"')
    )
    edit(study, "policies.toml", ("ramp = 6", 'ramp = -6\nend = "soon"'))
    keys = [one.partition("changes #1 ")[2] for one in told(study)]
    assert keys == ["units", "start", "ramp", "end"]


def test_every_unknown_key_of_a_table_and_what_else_is_wrong_in_it(study: Path) -> None:
    edit(study, "policies.toml", ("units =", "unit ="), ("value = 10.0", 'vlaue = "x"'))
    edit(study, "policies.toml", ("ramp = 6", 'ramp = "x"'))
    keys = [one.partition("changes #1 ")[2] for one in told(study)]
    assert keys == ["vlaue", "unit", "ramp"]


def test_both_of_a_distribution_and_its_reason(study: Path) -> None:
    edit(study, "uncertainty.toml", ('reason = "A guess."\nclaims = [1]', "claims = [7]"))
    edit(study, "uncertainty.toml", ("high = 40", "high = 4"))
    assert told(study) == [
        "uncertainty.toml:4: parameters.Stay",
        "uncertainty.toml:7: parameters.Stay.high",
        "uncertainty.toml:9: parameters.Stay.claims",
    ]


def test_a_broken_model_hides_no_toml_and_the_reverse(study: Path) -> None:
    edit(study, "office.mdl", ("tasks / Staff", "task / Staff"), ("= 5 ~", "= 5 5 ~"))
    edit(study, "scenarios.toml", ("value = 50", "value = true"))
    (study / "figures.toml").write_text(BROKEN_TOML, encoding="utf-8")
    with pytest.raises(fg.ModelError) as caught:
        fg.open_study(study)
    files = [one.where.file for one in caught.value.all if isinstance(one.where, fg.errors.Place)]
    names = [Path(file).name for file in files]
    assert names == ["office.mdl", "office.mdl", "scenarios.toml", "figures.toml"]


def test_no_model_and_no_policies(study: Path) -> None:
    (study / "office.mdl").unlink()
    (study / "policies.toml").unlink()
    edit(study, "scenarios.toml", ("value = 50", "value = true"))
    assert told(study) == [
        str(study),
        str(study),
        "scenarios.toml:10: scenarios.busy.changes #1 value",
    ]


def test_without_policies_nothing_is_told_of_what_needs_them(study: Path) -> None:
    (study / "policies.toml").unlink()
    assert told(study) == [str(study)]


@pytest.mark.parametrize("file", FILES)
def test_broken_toml_is_one_mistake(study: Path, file: str) -> None:
    path = study / f"{file}.toml"
    path.write_text(path.read_text(encoding="utf-8") + BROKEN_TOML, encoding="utf-8")
    assert [one.partition(":")[0] for one in told(study)] == [f"{file}.toml"]


def keys_of(text: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.splitlines()):
        if found := re.match(r"(\w+) = (.+)", line):
            yield number, found[1], found[2]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("how", ["key", "value"])
def test_a_wrong_key_or_type_is_one_mistake_wherever_it_is(
    study: Path, file: str, how: str
) -> None:
    path = study / f"{file}.toml"
    text = path.read_text(encoding="utf-8")
    tried = 0
    for number, key, value in keys_of(text):
        lines = text.splitlines()
        wrong = "1e9" if value.startswith(('"', "[", "{")) else '"x"'
        lines[number] = f"{key}x = {value}" if how == "key" else f"{key} = {wrong}"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        found = told(study)
        assert len(found) == 1, (lines[number], found)
        assert found[0].startswith(f"{file}.toml:"), (lines[number], found)
        tried += 1
    assert tried > 4


def headers_of(text: str) -> Iterator[int]:
    for number, line in enumerate(text.splitlines()):
        if line.startswith("["):
            yield number


@pytest.mark.parametrize("file", FILES)
def test_a_misspelt_table_is_one_mistake(study: Path, file: str) -> None:
    path = study / f"{file}.toml"
    text = path.read_text(encoding="utf-8")
    for number in headers_of(text):
        lines = text.splitlines()
        top = re.sub(r"^(\[+\w+).*", r"\1", lines[number])
        wrong = [re.sub(rf"^{re.escape(top)}\b", f"{top}x", line) for line in lines]
        path.write_text("\n".join(wrong) + "\n", encoding="utf-8")
        found = told(study)
        assert len(found) == 1, (wrong[number], found)


def test_items_that_are_left_out_do_not_shift_the_places_of_others(study: Path) -> None:
    edit(
        study,
        "evidence.toml",
        ("number = 1", 'number = "one"'),
        ('reason = "No number', 'test = "P9" #'),
    )
    assert told(study) == ["evidence.toml:4: claims #1 number", "evidence.toml:12: claims #2 test"]


def test_two_circles_of_policies_are_two_mistakes(study: Path) -> None:
    edit(study, "policies.toml", ('["now"]', '["both"]'))
    more = '[policies.a]\nlabel = {{ en = "a", zh = "a" }}\nextends = ["{}"]\n'
    text = (study / "policies.toml").read_text(encoding="utf-8")
    text += more.format("b") + more.format("a").replace("policies.a", "policies.b")
    text += more.format("a").replace("policies.a", "policies.c")
    (study / "policies.toml").write_text(text, encoding="utf-8")
    assert [one.partition(": ")[2] for one in told(study)] == [
        "policies.both.extends",
        "policies.b.extends",
    ]


def test_dates_without_a_calendar_are_one_mistake(study: Path) -> None:
    edit(study, "policies.toml", ('[calendar]\nepoch = "2020-01"\nunit = "Month"\n', ""))
    assert told(study) == ["policies.toml:4: study.observed"]


def test_a_wrong_calendar_makes_no_mistakes_of_dates(study: Path) -> None:
    edit(study, "policies.toml", ('epoch = "2020-01"\nunit = "Month"', 'epoch = 7\nunit = "Year"'))
    assert told(study) == ["policies.toml:8: calendar.epoch", "policies.toml:9: calendar.unit"]


def test_a_part_keeps_what_is_right(study: Path) -> None:
    edit(study, "policies.toml", ('"More people"', '""'), ("value = 0.5", 'value = "x"'))
    problems = fg.errors.Problems()
    part = read_part(study / "policies.toml", PoliciesFile, problems)
    assert part.content is not None
    assert len(problems.found) == 2
    assert [len(one.changes) for one in part.content.policies.values()] == [0, 1, 0]
    assert part.is_whole("policies", "hire")  # But for its label.
    assert not part.is_whole("policies", "both")


def test_correlations_that_are_possible_with_one_that_is_wrong(study: Path) -> None:
    more = '[[correlations]]\nfactors = ["{}", "{}"]\nrank = 0.7\nreason = "A guess."\n'
    pairs = [("stay", "tasks"), ("tasks", "staff"), ("stay", "staff")]
    with (study / "uncertainty.toml").open("a", encoding="utf-8") as file:
        file.write("".join(more.format(*pair) for pair in pairs))
    assert told(study) == []
    edit(study, "uncertainty.toml", ('["stay", "staff"]', '["stay", "zzz"]'))
    assert told(study) == ["uncertainty.toml:64: correlations #4 factors"]
    edit(study, "uncertainty.toml", ('factors = ["stay", "zzz"]', 'factor = ["stay", "staff"]'))
    assert told(study) == ["uncertainty.toml:64: correlations #4 factor"]
