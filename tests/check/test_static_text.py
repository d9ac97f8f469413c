"""Comments, sources and names."""

from pathlib import Path

import pytest

from check.static_model import found, outcome, places, subject_of


def documented(count: int, comment: str = "Assumption, range 1 to 90.") -> str:
    return "".join(f"value {i} = {i + 3} ~ Task ~ {comment} |\n" for i in range(count))


def test_one_variable_without_a_comment_among_many_is_a_warning_at_its_place(
    tmp_path: Path,
) -> None:
    findings = found("undocumented", tmp_path, documented(20) + "bare = 3 ~ Task ~ |\n")
    assert places(findings) == [("warning", "bare", 21, "bare")]
    assert "as 95 % of the others do" in findings[0].what


def test_where_many_comments_lack_one_note_counts_them(tmp_path: Path) -> None:
    findings = found("undocumented", tmp_path, documented(3) + "b = 3 ~~|\nc = 4 ~~|\n")
    assert places(findings) == [("note", "", 0, "")]
    assert findings[0].what == "2 of 5 variables have no comment"
    assert findings[0].evidence == "'b', 'c'"


def test_comments_on_all_variables_are_no_finding(tmp_path: Path) -> None:
    assert found("undocumented", tmp_path, documented(3)) == ()


@pytest.mark.parametrize(
    "comment",
    [
        "Assumption, range 1 to 3.",
        "Smith (2004).",
        "After Smith and Jones 2004.",
        "The town has so many [C12].",
        "https://example.org/table",
        "Census 2010.",
        "来源：统计年鉴 2015。",
        "2010 年人口普查",
        "《深圳统计年鉴》",
        "假设值，0.1 至 0.3",
        "Guess, 0.1-0.3.",
        "Assumption, range 0.0025 (the average of others) to 0.02.",
        "Estimated as 5 ± 2.",
        "Unit conversion.",
    ],
)
def test_a_source_or_an_assumption_is_enough(tmp_path: Path, comment: str) -> None:
    text = documented(30) + f"a number = 3 ~ Task ~ {comment} |\n"
    assert found("unsourced", tmp_path, text) == ()


@pytest.mark.parametrize(
    "comment",
    [
        "Data.",
        "Census.",
        "Assumption.",
        "Estimated from the accounts.",
        "假设值",
        "来源：统计年鉴。",
    ],
)
def test_data_that_cannot_be_looked_up_are_no_source(tmp_path: Path, comment: str) -> None:
    text = documented(30) + f"a number = 3 ~ Task ~ {comment} |\n"
    made = outcome("unsourced", subject_of(tmp_path, text))
    assert [(one.severity, one.evidence) for one in made.findings] == [("note", "'a number'")]
    assert made.data == {"numbers": 31, "sourced": 30, "vague": 1}
    assert made.summary.startswith("30 of 31 documented constants and lookups have a source")


@pytest.mark.parametrize(
    "comment", ["How long people stay.", "人员停留时间", "Rate in month 3.", "population in 2016"]
)
def test_a_comment_without_a_source_is_a_warning_where_others_have_one(
    tmp_path: Path, comment: str
) -> None:
    text = documented(30) + f"a number = 3 ~ Task ~ {comment} |\n"
    findings = found("unsourced", tmp_path, text)
    assert places(findings) == [("warning", "a number", 31, "a number")]


def test_sources_are_asked_of_numbers_with_a_comment_only(tmp_path: Path) -> None:
    text = (
        "switch = 1 ~ Dmnl ~ Turns it on. |\nbare = 7 ~ Task ~ |\n"
        "sum = switch + bare ~ Task ~ Of both. |\nrest = 2 ~ Task ~ What is left. |\n"
    )
    findings = found("unsourced", tmp_path, text)
    assert [one.what for one in findings] == [
        "1 of 1 documented constants and lookups name no source"
    ]
    assert (findings[0].severity, findings[0].evidence) == ("note", "'rest'")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("st\u0430ff", "the letter '\u0430' is U+0430 (cyrillic small letter a)"),
        ("st\u03bfck", "the letter '\u03bf' is U+03BF (greek small letter omicron)"),
        ('"sta\u200bff"', "the invisible character U+200B (zero width space)"),
        ('"sta\u00adff"', "the invisible character U+00AD (soft hyphen)"),
    ],
)
def test_letters_that_look_like_others_are_warnings(tmp_path: Path, name: str, said: str) -> None:
    findings = found("names", tmp_path, f"a = 1 ~~|\n{name} = 2 ~~|\n")
    bare = name.strip('"')
    assert places(findings) == [("warning", bare, 2, bare)]
    assert said in findings[0].what


@pytest.mark.parametrize("name", ["人员", "Δt", "температура", "Größe", "naïve share", "β"])
def test_names_in_other_scripts_are_right(tmp_path: Path, name: str) -> None:
    assert found("names", tmp_path, f"{name} = 1 ~~|\n") == ()


def test_text_that_is_turned_on_the_screen_is_a_warning(tmp_path: Path) -> None:
    findings = found("names", tmp_path, "a = 1 ~~ one |\nb = 2 ~~ \u202eowt\u202c |\n")
    assert places(findings) == [("warning", "", 2, "")]
    assert "U+202E" in findings[0].what


def test_full_width_letters_are_a_note(tmp_path: Path) -> None:
    findings = found("names", tmp_path, "人员Ａ = 1 ~~|\n")
    assert places(findings) == [("note", "人员Ａ", 1, "人员Ａ")]
    assert findings[0].fix == "write 'A'"


def test_names_of_functions_and_units_are_notes(tmp_path: Path) -> None:
    findings = found("names", tmp_path, "modulo = 1 ~ Task/Month ~|\ntask = 2 ~ Dmnl ~|\n")
    assert [one.what for one in findings] == [
        "'modulo' is also the name of a function",
        "'task' is also the name of a unit of the model",
    ]


@pytest.mark.parametrize(
    ("one", "other", "twins"),
    [
        ("birth rate", "birth rates", True),
        ("desired inventory", "desired inventroy", True),
        ("desired inventory", "desired inventary", True),
        ("effect table 1", "effect table 2", False),
        ("inflow of a", "inflow of b", False),
        ("in migration", "on migration", False),
        ("rates", "rate", False),
    ],
)
def test_names_that_are_one_letter_apart(tmp_path: Path, one: str, other: str, twins: bool) -> None:
    findings = found("names", tmp_path, f"{one} = 1 ~~|\n{other} = 2 ~~|\n")
    assert places(findings) == ([("note", other, 2, other)] if twins else [])


def test_a_summary_counts_what_was_looked_at(tmp_path: Path) -> None:
    made = outcome("undocumented", subject_of(tmp_path, documented(2) + "b = 1 ~~|\n"))
    assert made.summary == "2 of 3 variables have a comment"
    assert made.data == {"variables": 3, "documented": 2}
