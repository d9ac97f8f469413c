"""What the command line shows, as text and on a terminal."""

import pytest

import flatgov as fg
from flatgov.run.events import DrawsDone, MemberDone, MemberStarted
from flatgov.run.summary import SummaryRow
from flatgov.terminal import progress, study_text

NAN = float("nan")


@pytest.fixture
def study(write_study):
    return fg.open_study(write_study())


def test_the_summary_is_never_cut(study, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    name, units = "cost relative to comparable county", "Person*Hour/(Task*Month)"
    row = SummaryRow("task_filter", "fieldwork", name, units, 1.0, 2.0, 123456.789, -3.0)
    text = study_text([row], study)
    assert text.splitlines()[0] == f"{name} [{units}]"
    assert "task_filter" in text
    assert "123,457" in text
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0.000"),
        (0.1234, "0.123"),
        (12.345, "12.35"),
        (-123.45, "-123.5"),
        (1234567.0, "1,234,567"),
        (NAN, "-"),
        (float("inf"), "inf"),
    ],
)
def test_numbers_have_four_digits(study, value, shown):
    row = SummaryRow("now", "", "Staff", "Person", value, value, value, NAN)
    assert study_text([row], study).split()[-4:-1] == [shown] * 3


def test_no_column_of_differences_from_a_policy_that_was_not_run(study):
    row = SummaryRow("hire", "", "Staff", "Person", 1.0, 1.0, 1.0, NAN)
    assert study_text([row], study).splitlines()[1:] == [
        "  policy  2020-01  2020-07  2022-01",
        "  hire      1.000    1.000    1.000",
    ]


def test_a_small_negative_difference_is_no_minus_zero(study):
    row = SummaryRow("now", "", "Staff", "Person", 100.0, 100.0, 100.0, -0.001)
    assert study_text([row], study).split()[-1] == "0.0"


def test_progress_off_a_terminal_is_a_line_a_member(capsys):
    with progress(1) as show:
        show(MemberStarted("hire", "calm", 2))
        show(MemberDone("hire", "calm", 1, 2, 1.25))
        show(MemberDone("both", None, 2, 2, 0.0, "it broke"))
    assert capsys.readouterr().err == "1/2 hire, calm: 1.2 s\n2/2 both: failed: it broke\n"


def test_progress_of_members_that_run_together_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr("time.perf_counter", lambda: 5.0)
    with progress(None) as show:
        show(MemberStarted("hire", "calm", 2))
        show(MemberDone("hire", "calm", 1, 2, 1.25))
        show(MemberDone("both", None, 2, 2, 0.0, "it broke"))
    assert capsys.readouterr().err == "2/2 both: failed: it broke\n2 members: 0.0 s\n"


def test_no_brackets_where_there_are_no_units(study):
    row = SummaryRow("now", "", "Staff", "", 1.0, 1.0, 1.0, 0.0)
    assert study_text([row], study).splitlines()[0] == "Staff"


def test_progress_on_a_terminal_is_a_bar_a_policy(capsys, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress(2) as show:
        show(MemberStarted("hire", "calm", 3))
        show(MemberDone("hire", "calm", 1, 3, 1.25))
        show(MemberDone("hire", "busy", 2, 3, 1.25))
        show(MemberDone("both", "calm", 3, 3, 1.25, "it broke"))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "2/2" in captured.err
    assert "both (failed)" in captured.err


def test_draws_off_a_terminal_are_a_line_every_few_seconds(capsys):
    with progress(None) as show:
        show(DrawsDone(0, 10_000, 0, 0.0))
        show(DrawsDone(512, 10_000, 0, 0.3))
        show(DrawsDone(9_800, 10_000, 1, 5.1))
        show(DrawsDone(9_900, 10_000, 2, 8.0))
        show(DrawsDone(10_000, 10_000, 1200, 10.25))
    assert capsys.readouterr().err == (
        "9,800 of 10,000 draws, 1,900 a second, 0.1 s left, 1 member failed\n"
        "10,000 of 10,000 draws, 980 a second, 10 s, 1,200 members failed\n"
    )


def test_the_rate_of_a_resumed_run_is_its_own(capsys):
    with progress(None) as show:
        show(DrawsDone(8_000, 10_000, 0, 0.0))
        show(DrawsDone(8_010, 10_000, 0, 5.0))
        show(DrawsDone(8_020, 10_000, 0, 9.9))
        show(DrawsDone(9_999, 10_000, 0, 7200.0))
        show(DrawsDone(10_000, 10_000, 0, 7201.0))
    assert capsys.readouterr().err == (
        "8,000 of 10,000 draws\n"
        "8,010 of 10,000 draws, 2 a second, 17 min left\n"
        "9,999 of 10,000 draws, 0.28 a second, 3.6 s left\n"
        "10,000 of 10,000 draws, 0.28 a second, 2.0 h\n"
    )


def test_nothing_is_left_to_draw(capsys):
    with progress(None) as show:
        show(DrawsDone(100, 100, 0, 0.0))
    assert capsys.readouterr().err == "100 of 100 draws\n"


def test_draws_on_a_terminal_are_one_bar(capsys, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress(None) as show:
        show(MemberDone("hire", "calm", 1, 1, 1.25))
        show(DrawsDone(3_000, 10_000, 0, 0.0))
        show(DrawsDone(10_000, 10_000, 3, 2.0))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "10,000 of 10,000 draws, 3,500 a second, 2.0 s, 3 members failed" in captured.err
    assert "1 member: " in captured.err
