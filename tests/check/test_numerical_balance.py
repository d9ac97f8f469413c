"""Flows that leave, arrive, and get lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from flatgov.check import numerical_balance, numerical_runs
from flatgov.check.findings import Outcome
from flatgov.check.numerical_balance import CHECKS, closed, integration_error
from flatgov.check.numerical_runs import runs
from flatgov.check.subject import Subject
from flatgov.model import Model
from kernel.lower.models import write

SIR = """
S = INTEG(-infection, 990) ~ Person ~ |
I = INTEG(infection - recovery, 10) ~ Person ~ |
R = INTEG(recovery, 0) ~ Person ~ |
infection = 0.5 * S * I / 1000 ~ Person/Month ~ |
recovery = I / 4 ~ Person/Month ~ |
"""


def outcome_of(model: Model) -> Outcome:
    return CHECKS[0].run(Subject(model))


@pytest.mark.parametrize("method", ["euler", "rk4"])
def test_people_are_conserved(tmp_path: Path, method: str) -> None:
    model = write(tmp_path, SIR, final=40, step=0.25)
    outcome = outcome_of(replace(model, integrator="rk4") if method == "rk4" else model)
    assert not outcome.findings
    (total,) = outcome.data["totals"]
    assert total["states"] == ["S", "I", "R"]
    assert total["weights"] == [1, 1, 1]
    assert total["value"] == 1000
    assert 0 <= total["drift"] < 1e-10
    assert outcome.data["largest error"] < 4e-16


def test_a_chain_with_a_way_out_is_open(tmp_path: Path) -> None:
    text = SIR.replace("INTEG(recovery, 0)", "INTEG(recovery - R / 9, 0)")
    outcome = outcome_of(write(tmp_path, text))
    assert outcome.data["totals"] == []
    assert not outcome.findings


def test_what_lies_in_a_delay_is_part_of_the_chain(tmp_path: Path) -> None:
    text = """
home = INTEG(back - leaving, 100) ~ Person ~ |
away = INTEG(leaving - back, 0) ~ Person ~ |
leaving = home / 5 ~ Person/Month ~ |
back = DELAY3(leaving, 6) ~ Person/Month ~ |
"""
    outcome = outcome_of(write(tmp_path, text, step=0.25))
    assert not outcome.findings
    assert [total["states"] for total in outcome.data["totals"]] == [["home", "away"]]
    without = "\n".join(line for line in text.splitlines() if not line.startswith("away"))
    (total,) = outcome_of(write(tmp_path, without, step=0.25)).data["totals"]
    assert total["states"] == ["home", *["a delay or smooth in 'back'"] * 3]
    # In transit at the start: the inflow of 20 for 6 months.
    assert total["value"] == pytest.approx(100 + 20 * 6)


def test_a_mixture_is_conserved_with_its_weights(tmp_path: Path) -> None:
    text = """
hydrogen = INTEG(-2 * burning, 10) ~ Mol ~ |
oxygen = INTEG(-burning, 9) ~ Mol ~ |
water = INTEG(2 * burning, 0) ~ Mol ~ |
store = INTEG(filling - burning, 1) ~ Mol ~ |
stock = INTEG(burning - filling, 1) ~ Mol ~ |
burning = hydrogen * oxygen / 50 ~~|
filling = stock / 3 ~~|
"""
    subject = Subject(write(tmp_path, text, step=0.25))
    assert not [one for one in CHECKS[0].run(subject).findings if one.severity == "error"]
    base = subject.base
    np.testing.assert_allclose(base["hydrogen"] + base["water"], 10, rtol=1e-14)


def test_a_single_weighted_total_is_found(tmp_path: Path) -> None:
    text = """
wood = INTEG(-sawing, 12) ~ Ton ~ |
planks = INTEG(5 * sawing, 0) ~ Piece ~ |
sawing = wood / 4 ~ Ton/Month ~ |
"""
    (total,) = outcome_of(write(tmp_path, text, step=0.25)).data["totals"]
    assert total["weights"] == pytest.approx([1, 0.2])
    assert total["value"] == pytest.approx(12)


def test_a_leak_between_stocks_of_one_unit_is_found(tmp_path: Path) -> None:
    text = """
town = INTEG(-moving, 100) ~ Person ~ |
city = INTEG(arriving share * moving, 0) ~ Person ~ |
moving = town / 10 ~ Person/Month ~ |
arriving share = 0.9 ~ Dmnl ~ |
"""
    (finding,) = outcome_of(write(tmp_path, text)).findings
    assert finding.severity == "warning"
    assert finding.variable == "moving"
    assert "takes 1 of itself from 'town' and adds 0.9 to 'city'" in finding.what
    other = text.replace(
        "INTEG(arriving share * moving, 0) ~ Person", "INTEG(9 * moving, 0) ~ Yuan"
    )
    assert not outcome_of(write(tmp_path, other)).findings


LEAK = """
ore = INTEG(-smelting, 100) ~ {0} ~ |
metal = INTEG(0.6 * smelting, 0) ~ {1} ~ |
smelting = ore / 10 ~ {0}/Month ~ |
"""


@pytest.mark.parametrize(
    ("units", "found"),
    [(("Ton", "Ton"), 1), (("Ton", "ton"), 1), (("Dmnl", "Dmnl"), 0), (("Ton", "Kilo"), 0)],
)
def test_a_leak_is_one_where_units_say_so(
    tmp_path: Path, units: tuple[str, str], found: int
) -> None:
    outcome = outcome_of(write(tmp_path, LEAK.format(*units)))
    assert len(outcome.findings) == found
    # A leak is not made good by counting metal for more.
    assert len(outcome.data["totals"]) == 1 - found
    assert ("0 closed chains keep" in outcome.summary) is bool(found)
    assert outcome.summary.endswith(", 1 of them with weights") is not bool(found)


def test_without_units_nothing_is_known_of_a_leak(tmp_path: Path) -> None:
    text = LEAK.format("", "").replace(" ~ /Month ~", " ~ ~")
    assert not outcome_of(write(tmp_path, text)).findings


@pytest.mark.parametrize("rate", ["10", "2 * price"])
def test_a_flow_that_is_constant_leaks_too(tmp_path: Path, rate: str) -> None:
    text = f"""
cash = INTEG(-buying, 100) ~ Yuan ~ |
goods = INTEG(0.8 * buying, 0) ~ Yuan ~ |
buying = {rate} ~ Yuan/Month ~ |
price = 5 ~ Yuan/Month ~ |
"""
    (finding,) = outcome_of(write(tmp_path, text)).findings
    assert "'buying' takes 1 of itself from 'cash' and adds 0.8 to 'goods'" in finding.what


def test_weights_of_large_groups_are_not_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numerical_balance, "_MOST_STATES", 1)
    assert not outcome_of(write(tmp_path, LEAK.format("Ton", "Kilo"))).data["totals"]
    assert len(outcome_of(write(tmp_path, SIR, step=0.25)).data["totals"]) == 1


def test_a_stock_that_changes_by_something_else_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = Subject(write(tmp_path, SIR, step=0.25))
    those = runs(subject)
    broken = those.base.states.copy()
    broken[1, 9:] *= 1 + 1e-9  # mass from nowhere in the ninth step
    tampered = replace(those, base=replace(those.base, states=broken))
    error, state, step = integration_error(tampered.base)
    assert (state, step) == (1, 8)
    assert error == pytest.approx(1e-9, rel=0.1)
    monkeypatch.setattr("flatgov.check.numerical_balance.runs", lambda _: tampered)
    findings = CHECKS[0].run(subject).findings
    assert [finding.severity for finding in findings] == ["error", "error"]
    assert "'I' changes by something else than its flows in the step from time 2" in (
        findings[0].what
    )
    assert "the sum of 'S', 'I', 'R' goes" in findings[1].what


def test_groups_are_closed_when_all_their_flows_stay() -> None:
    a, b, c, d, out = range(5)
    flows = [{a: 1.0, b: -1.0}, {a: -1.0, b: 1.0}, {c: 1.0, d: -1.0}, {c: -1.0, out: 1.0}, {}]
    assert closed(flows) == [[0, 1]]


def test_a_model_without_stocks_is_skipped(tmp_path: Path) -> None:
    assert outcome_of(write(tmp_path, "x = Time ~~|\n")).skipped


def test_large_runs_are_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = write(tmp_path, SIR)
    monkeypatch.setattr(numerical_runs, "MOST_WORK", 100)
    assert "too much" in outcome_of(model).skipped
