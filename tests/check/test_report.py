"""The whole report: what is read, accepted, written as text and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import flatgov as fg
from flatgov.check.accept import accept, read_acceptances
from flatgov.check.findings import Finding, Outcome, Severity
from flatgov.check.record import report_json
from flatgov.check.report import Report, make_report
from flatgov.check.subject import Check
from flatgov.check.text import report_text
from flatgov.errors import Place, Problems

CHECK = Check("unused", "All is used", "Is it?", lambda subject: Outcome("unused"))


def report(*findings: Finding, skipped: str = "") -> Report:
    outcome = Outcome("unused", findings, "looked at 3 variables", skipped=skipped)
    return Report("model.mdl", None, {"unused": CHECK}, (outcome,))


def outcome(whole: Report, check: str) -> Outcome:
    (found,) = [one for one in whole.outcomes if one.check == check]
    return found


def finding(
    what: str = "'x' is unused", severity: Severity = "warning", cause: str = "", accepted: str = ""
) -> Finding:
    fix = "use it" if severity == "warning" else ""
    return Finding(
        *("unused", severity, what, "model.mdl", "x"), fix=fix, cause=cause, accepted=accepted
    )


def test_a_finding_as_text_has_place_line_mark_and_fix(tmp_path: Path) -> None:
    file = tmp_path / "m.mdl"
    file.write_text("人口 = 出生 + births ~ ~ |\n", encoding="utf-8")
    found = Finding(
        *("reading", "error", "'births' is not defined", str(file), "人口", 1, "births"),
        nearest=("birth",),
        fix="define it",
    )
    text = report_text(Report("m.mdl", None, {"reading": CHECK}, (Outcome("reading", (found,)),)))
    assert text.splitlines() == [
        "error: 'births' is not defined [reading]",
        f"  {file}:1, '人口'",
        "  1 | 人口 = 出生 + births ~ ~ |",
        "    |               ^^^^^^",  # Chinese characters are two columns wide
        "  did you mean 'birth'?",
        "  fix: define it",
        "",
        "m.mdl: 1 error, 0 warnings, 0 notes; 1 check done",
    ]


def test_findings_of_one_cause_are_shown_together() -> None:
    found = [finding(f"'{name}' is unused", cause="nothing uses them") for name in "abc"]
    text = report_text(report(*found))
    assert text.splitlines()[:4] == [
        "warning: nothing uses them [unused], 3 times",
        "  'a' is unused",
        "    model.mdl, 'x'",
        "  'b' is unused",
    ]
    assert text.count("fix: use it") == 1


def test_one_sentence_at_many_places_is_one_block() -> None:
    same = [replace(finding("no file 'x.csv'"), variable=name) for name in "ab"]
    text = report_text(report(*same, finding("'c' is unused")))
    assert text.split("\n\n")[0].splitlines() == [
        "warning: no file 'x.csv' [unused], 2 times",
        "  model.mdl, 'a'",
        "  model.mdl, 'b'",
        "  fix: use it",
    ]


def test_notes_are_counted_unless_asked_for() -> None:
    whole = report(finding("'x' is odd", "note"), finding(accepted="we like it"))
    short = report_text(whole)
    assert "'x' is odd" not in short
    assert "0 errors, 0 warnings, 1 note, 1 accepted" in short
    assert short.endswith("notes: unused (1); --notes shows them")
    long = report_text(whole, notes=True)
    assert "note: 'x' is odd [unused]" in long
    assert "we like it" in long


def test_what_was_not_done_is_said_with_the_reason() -> None:
    text = report_text(report(skipped="it needs a study"))
    assert text.splitlines()[0] == "not done: 'All is used': it needs a study"
    assert text.endswith("; 0 checks done")


ACCEPT = """
[[accept]]
check = "unused"
variable = "hiring_Rate"
reason = "A later version uses it."
"""


def test_acceptances_match_names_as_vensim_does(tmp_path: Path) -> None:
    (tmp_path / "checks.toml").write_text(ACCEPT, encoding="utf-8")
    acceptances = read_acceptances(tmp_path / "checks.toml", ["unused"], Problems())
    mine = Finding("unused", "warning", "unused", variable="hiring rate")
    other = Finding("unused", "warning", "unused", variable="hiring")
    error = Finding("unused", "error", "unused", variable="hiring rate")
    marked, used = accept([mine, other, error], acceptances)
    assert [one.accepted for one in marked] == ["A later version uses it.", "", ""]
    assert used == list(acceptances)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"unused"', '"unusd"', r"checks.toml:3: accept #1 check: .*did you mean 'unused'\?$"),
        ('"unused"', '"zzz"', r"there is no check 'zzz'; there are unused$"),
        ('"A later version uses it."', '" "', r"checks.toml:5: accept #1 reason: the reason is"),
        ("variable", "variabel", "'variabel' is no key of this table; did you mean 'variable'"),
    ],
)
def test_wrong_acceptances(tmp_path: Path, old: str, new: str, message: str) -> None:
    (tmp_path / "checks.toml").write_text(ACCEPT.replace(old, new), encoding="utf-8")
    problems = Problems()
    assert read_acceptances(tmp_path / "checks.toml", ["unused"], problems) == ()
    (wrong,) = problems.found
    assert re.search(message, str(wrong))


def test_right_acceptances_count_beside_wrong_ones(tmp_path: Path) -> None:
    wrong = '[[accept]]\ncheck = "unused"\n[[accept]]\ncheck = 3\nreason = "x"\n[reality.x]\n'
    (tmp_path / "checks.toml").write_text(wrong + ACCEPT, encoding="utf-8")
    problems = Problems()
    (right,) = read_acceptances(tmp_path / "checks.toml", ["unused"], problems)
    assert right.variable == "hiring_Rate"
    lines = [one.where.line for one in problems.found if isinstance(one.where, Place)]
    assert lines == [1, 4, 6, 6]


def test_an_acceptance_of_nothing_is_a_warning(write_study: Callable[..., Path]) -> None:
    folder = write_study()
    (folder / "checks.toml").write_text(ACCEPT, encoding="utf-8")
    found = make_report(folder, draws=0).findings
    (stale,) = [one for one in found if "does not exist any more" in one.what]
    assert (stale.check, stale.severity, stale.line) == ("unused", "warning", 2)


def test_the_model_of_a_broken_study_is_checked_all_the_same(
    write_study: Callable[..., Path],
) -> None:
    folder = write_study(policies=('variable = "hiring rate"', 'variable = "hirring rate"'))
    whole = make_report(folder)
    assert whole.unreadable
    assert whole.subject is not None
    assert whole.subject.study is None
    (wrong,) = [one for one in whole.findings if one.check == "reading"]
    assert wrong.nearest == ("hiring rate",)
    assert wrong.file.endswith("policies.toml")


def test_a_wrong_reality_check_is_an_error_and_stops_nothing(
    write_study: Callable[..., Path],
) -> None:
    folder = write_study()
    (folder / "checks.toml").write_text(
        '[reality.x]\ntext = "x"\nwhen = ["\'load\' of base > 0"]\n'
        "expect = [\"'lod' of base > 0\", \"'stf' of base > 0\"]\n",
        encoding="utf-8",
    )
    whole = make_report(folder, draws=0)
    found = [one for one in whole.findings if one.check == "reading"]
    assert [(one.severity, one.nearest, one.line) for one in found] == [
        ("error", ("load",), 4),
        ("error", ("Staff",), 4),
    ]
    assert whole.status() == 2
    assert outcome(whole, "reality").skipped.endswith("checks.toml' has mistakes")
    assert outcome(whole, "step size").summary


STATEMENT = """
[reality.x]
text = "x"
changes = [{ variable = "applicants", operation = "set", value = 1, start = "2022-01" }]
expect = ["'Staff' of when >= 0"]

[[accept]]
check = "reality"
variable = "reality.x"
reason = "It is so."
"""


@pytest.mark.parametrize(
    ("share", "message"),
    [
        ("95", "95 is no share, which is from 0 to 1; write 0.95 for 95 %"),
        ("-1", "-1 is no share, which is from 0 to 1"),
        ("nan", "nan is no share, which is from 0 to 1"),
    ],
)
def test_a_share_is_from_0_to_1(write_study: Callable[..., Path], share: str, message: str) -> None:
    folder = write_study()
    text = STATEMENT.replace('text = "x"', f'text = "x"\nshare = {share}')
    (folder / "checks.toml").write_text(text, encoding="utf-8")
    (found,) = [one for one in make_report(folder, draws=0).findings if one.check == "reading"]
    assert (found.what, found.line) == (message, 4)


@pytest.mark.parametrize("broken", ["[broken", "wrong = 1", '[reality.y]\ntext = "y"'])
def test_a_broken_file_of_checks_is_a_finding_and_stops_nothing(
    write_study: Callable[..., Path], broken: str
) -> None:
    folder = write_study()
    (folder / "checks.toml").write_text(f"{broken}\n{STATEMENT}", encoding="utf-8")
    whole = make_report(folder, draws=0)
    found = [one for one in whole.findings if one.file.endswith("checks.toml")]
    assert {one.check for one in found} == {"reading"}
    assert found[0].line == 1
    assert whole.status() == 2
    assert outcome(whole, "reality").skipped.endswith("checks.toml' has mistakes")
    assert outcome(whole, "step size").summary


def test_nothing_follows_from_a_broken_study_for_its_file_of_checks(
    write_study: Callable[..., Path],
) -> None:
    folder = write_study(policies=('variable = "hiring rate"', 'variable = "hirring rate"'))
    (folder / "checks.toml").write_text(STATEMENT + ACCEPT, encoding="utf-8")
    whole = make_report(folder, draws=0)
    assert not [one for one in whole.findings if one.file.endswith("checks.toml")]
    assert outcome(whole, "reality").skipped == "the study cannot be read"


def test_nothing_is_stale_of_a_check_that_was_not_done(write_study: Callable[..., Path]) -> None:
    folder = write_study()
    text = STATEMENT.replace("'Staff'", "'Stf'")
    (folder / "checks.toml").write_text(text, encoding="utf-8")
    found = make_report(folder, draws=0).findings
    assert not [one for one in found if "does not exist any more" in one.what]


def test_an_error_cannot_be_accepted(write_study: Callable[..., Path]) -> None:
    folder = write_study(office=("Staff = INTEG(", "hole = 1/0 ~ ~ |\nStaff = INTEG("))
    text = '[[accept]]\ncheck = "not finite"\nvariable = "hole"\nreason = "It is so."\n'
    (folder / "checks.toml").write_text(text, encoding="utf-8")
    found = make_report(folder, draws=0).findings
    (about,) = [one for one in found if one.file.endswith("checks.toml")]
    assert about.what == "the error of 'hole' cannot be accepted"
    assert about.fix == "mend it, and remove this"


def test_a_flood_is_cut() -> None:
    whole = report(*(finding(f"'x{number}' is unused") for number in range(40)))
    blocks = report_text(whole).split("\n\n")
    assert len(blocks) == 32
    assert blocks[-2] == "and 10 more findings; --json FILE has all"


def test_findings_of_one_cause_show_the_line_and_the_name_of_the_first(tmp_path: Path) -> None:
    file = tmp_path / "m.mdl"
    file.write_text("a = birhs\nb = birhs\n", encoding="utf-8")
    found = [
        Finding(
            *("reading", "error", f"'{name}' uses it", str(file), name, line, "birhs"),
            nearest=("births",),
            cause="'birhs' is not defined",
        )
        for line, name in enumerate("ab", start=1)
    ]
    whole = Report("m.mdl", None, {"reading": CHECK}, (Outcome("reading", tuple(found)),))
    assert report_text(whole).splitlines()[:8] == [
        "error: 'birhs' is not defined [reading], 2 times",
        "  'a' uses it",
        f"    {file}:1, 'a'",
        "    1 | a = birhs",
        "      |     ^^^^^",
        "    did you mean 'births'?",
        "  'b' uses it",
        f"    {file}:2, 'b'",
    ]


def test_json_has_everything_and_no_nan(write_study: Callable[..., Path]) -> None:
    whole = make_report(write_study(), draws=8, seed=3, command="flatgov check x")
    record = json.loads(json.dumps(report_json(whole), allow_nan=False))
    assert record["seed"] == 3
    assert whole.subject is not None
    assert record["model_hash"] == whole.subject.model.hash
    assert [one["id"] for one in record["checks"]] == list(whole.checks)
    assert record["versions"]["flatgov"] == fg.__version__
