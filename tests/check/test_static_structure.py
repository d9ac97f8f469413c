"""What is used and connected, stocks and flows, the inventory."""

from collections.abc import Callable
from pathlib import Path

import pytest

from check.static_model import STATIC, found, in_study, outcome, places, subject_of
from flatgov.study.load import open_study

ROOT = Path(__file__).parents[2]


def test_unused_constants_and_lookups_are_warnings(tmp_path: Path) -> None:
    text = (
        "a = 1 ~~|\nspare = 2 ~~|\nb = a ~~|\ncurve((0,0),(1,1)) ~~|\nresult = b ~~|\n"
        "seen = 3 ~~|\ns = INTEG(b, seen) ~~|\nNOISE SEED = 5 ~~|\n"
    )
    made = outcome("unused", subject_of(tmp_path, text))
    assert places(made.findings) == [
        ("warning", "spare", 2, "spare"),
        ("warning", "curve", 4, "curve"),
    ]
    assert made.data == {"results": ["result"]}


def test_what_macros_and_time_settings_use_is_used(tmp_path: Path) -> None:
    text = (
        ":MACRO: DOUBLE(in)\nDOUBLE = in * two ~~|\ntwo = 2 ~~|\n:END OF MACRO:\n"
        "end = 9 ~~|\ninput = 1 ~~|\ny = DOUBLE(input) ~~|\n"
        "INITIAL TIME = 0 ~~|\nFINAL TIME = end ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"
    )
    assert found("unused", tmp_path, text) == ()


def test_results_that_a_study_does_not_name_are_notes(write_study: Callable[..., Path]) -> None:
    folder = write_study(office=("INITIAL TIME", "lost = load ~~|\nINITIAL TIME"))
    findings = outcome("unused", in_study(open_study(folder))).findings
    assert [(one.severity, one.variable) for one in findings] == [("note", "lost")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("s = INTEG(0, 5) ~~|\nz = s ~~|\n", "the stock 's' has no flow: it never changes"),
        ("s = INTEG(2, 5) ~~|\nz = s ~~|\n", "the stock 's' has no flow, only a number"),
        ("y = Time ~~|\n", "'y' is connected to nothing"),
        ("p = 1 ~~|\nq = p ~~|\n", "2 variables from 'p' on are connected only to each other"),
    ],
)
def test_parts_that_stand_alone_are_notes(tmp_path: Path, text: str, said: str) -> None:
    main = "a = 1 ~~|\nb = a ~~|\nc = b ~~|\nd = c ~~|\n"
    main += "e = s ~~|\nf = e + d ~~|\n" if "s =" in text else ""
    findings = found("isolated", tmp_path, main + text)
    assert [(one.severity, one.what) for one in findings] == [("note", said)]


def test_a_connected_model_has_no_parts(tmp_path: Path) -> None:
    text = "a = 1 ~~|\nb = a ~~|\ns = INTEG(b, start) ~~|\nstart = 4 ~~|\n"
    made = outcome("isolated", subject_of(tmp_path, text))
    assert (made.findings, made.summary) == ((), "all variables are connected")


STOCK = "stock = INTEG(inflow - outflow, 5) ~ Task{limits} ~|\ninflow = 1 ~~|\nlife = 4 ~~|\n"


@pytest.mark.parametrize(
    "outflow",
    [
        "stock / life",
        "MIN(wanted, stock / life)",
        "share * wanted ~~|\nshare = MIN(1, stock)",
        "DELAY3(inflow, life)",
        "0",
    ],
)
def test_controlled_outflows_are_right(tmp_path: Path, outflow: str) -> None:
    text = STOCK.format(limits=" [0,?]") + f"wanted = 2 ~~|\noutflow = {outflow} ~~|\n"
    assert found("outflow control", tmp_path, text) == ()


@pytest.mark.parametrize(
    ("limits", "outflow", "severity", "said"),
    [
        (" [0,?]", "wanted", "warning", "and does not depend on it"),
        ("", "wanted", "note", "and does not depend on it"),
        (" [-9,9]", "wanted", "note", "and does not depend on it"),
        (" [0,?]", "SMOOTH(stock, life)", "note", "depends on it only through a delay"),
        (" [0,?]", "other", "note", "depends on it only through other stocks"),
    ],
)
def test_outflows_that_an_empty_stock_does_not_stop(
    tmp_path: Path, limits: str, outflow: str, severity: str, said: str
) -> None:
    text = STOCK.format(limits=limits) + (
        f"wanted = 2 ~~|\nother = INTEG(stock, 1) ~~|\noutflow = {outflow} ~~|\n"
    )
    findings = found("outflow control", tmp_path, text)
    assert places(findings) == [(severity, "stock", 1, "outflow")]
    assert said in findings[0].what


@pytest.mark.parametrize(
    ("flow", "named"),
    [
        ("a - b", True),
        ("-(a - b) + a", True),
        ("a * b", False),
        ("a - 3", False),
        ("IF THEN ELSE(a > b, a, 0)", False),
    ],
)
def test_net_flows_that_are_expressions_are_notes(tmp_path: Path, flow: str, named: bool) -> None:
    text = f"a = 1 ~~|\nb = 2 ~~|\ns = INTEG({flow}, 5) ~~|\n"
    findings = found("unnamed flows", tmp_path, text)
    assert places(findings) == ([] if named else [("note", "s", 3, "INTEG")])


@pytest.mark.parametrize(
    ("delay", "right"),
    [
        ("DELAY FIXED(b, TIME STEP, 0)", False),
        ("SMOOTHI(b, TIME STEP, 0)", False),
        ("SMOOTHI(b, 5, 1)", True),
        ("SMOOTH(c, TIME STEP)", True),
        ("SMOOTH(s, TIME STEP)", True),
    ],
)
def test_loops_that_only_a_time_step_opens_are_warnings(
    tmp_path: Path, delay: str, right: bool
) -> None:
    text = f"a = {delay} ~~|\nb = a + 1 ~~|\nc = 3 ~~|\ns = INTEG(a, 0) ~~|\n"
    findings = found("loops without a stock", tmp_path, text)
    assert places(findings) == ([] if right else [("warning", "a", 1, "TIME STEP")])
    assert all(one.evidence == "in the loop: 'a', 'b'" for one in findings)


def test_the_inventory_counts_kinds_sectors_and_loops(tmp_path: Path) -> None:
    text = (
        "********\n\t.people\n********~\n\t|\n"
        "s = INTEG(births - deaths, start) ~~|\nbirths = s * 0.1 ~~|\ndeaths = s * r ~~|\n"
        "********\n\t.rest\n********~\n\t|\n"
        "start = 3 ~~|\nr = curve(s) ~~|\ncurve((0,0),(9,1)) ~~|\n"
    )
    made = outcome("inventory", subject_of(tmp_path, text))
    assert made.findings == ()
    assert made.summary == ("1 stock, 2 flows, 1 auxiliary, 1 constant, 1 lookup, 3 feedback loops")
    assert made.data["sectors"] == {
        "people": {"stock": 1, "flow": 2},
        "rest": {"constant": 1, "auxiliary": 1, "lookup": 1},
    }
    assert (made.data["loops"], made.data["all_loops"]) == (3, True)
    assert made.data["longest_loop"] == ["s", "r", "deaths"]
    assert made.data["partitions"] == [4]


def test_the_longgang_study_has_nothing_above_a_note() -> None:
    subject = in_study(open_study(ROOT / "sd_models" / "longgang"))
    findings = [one for check in STATIC for one in outcome(check, subject).findings]
    assert [one.what for one in findings if one.severity != "note"] == []
    named = outcome("inventory", subject).data["named_loops"]
    assert [loop["id"] for loop in named][:2] == ["R1", "R2"]
