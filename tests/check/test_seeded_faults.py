"""Every mistake that is put into a right model is found, named and placed; in the right, none."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from check.seeded_faults import Fault, line_of, placed
from check.seeded_longgang import LONGGANG
from check.seeded_longgang_reading import LONGGANG_READING
from check.seeded_longgang_signs import LONGGANG_SIGNS
from check.seeded_runs import CHECKS_TOML, CLINIC, CLINIC_FAULTS, SPRING, SPRING_FAULTS
from check.seeded_schools import SCHOOL_FAULTS, SCHOOLS
from check.seeded_study import STATEMENTS, STUDY
from check.seeded_tank import TANK, TANK_FAULTS
from flatgov.check.catalogue import CHECKS, READING
from flatgov.check.excerpt import excerpt
from flatgov.check.findings import Finding, from_error
from flatgov.check.report import make_report
from flatgov.check.subject import Subject
from flatgov.errors import FlatgovError
from flatgov.reading import load_model
from flatgov.study import open_study

STUDY_FOLDER = Path(__file__).parents[2] / "sd_models" / "longgang"
UNREADABLE = (*LONGGANG_READING, *LONGGANG_SIGNS)
MODELS = {
    "longgang.mdl": (STUDY_FOLDER / "longgang.mdl").read_text(encoding="utf-8"),
    "schools.mdl": SCHOOLS,
    "tank.xmile": TANK,
    "clinic.mdl": CLINIC,
    "spring.mdl": SPRING,
}
FAULTS: dict[str, Sequence[Fault]] = {
    "longgang.mdl": (*UNREADABLE, *LONGGANG),
    "schools.mdl": SCHOOL_FAULTS,
    "tank.xmile": TANK_FAULTS,
    "clinic.mdl": CLINIC_FAULTS,
    "spring.mdl": SPRING_FAULTS,
}
BY_ID = {check.id: check for check in CHECKS}
# Those that need no run.
CHEAP = (
    *("units", "undocumented", "unsourced", "names", "embedded constants", "too many inputs"),
    *("time", "unused", "isolated", "outflow control", "unnamed flows", "loops without a stock"),
    *("lookup shape", "limits"),
)


def findings(path: Path, checks: Sequence[str], checks_file: Path | None = None) -> list[Finding]:
    """Read a model and do some checks, as a report does."""
    try:
        subject = Subject(load_model(path), draws=20, checks_file=checks_file)
    except FlatgovError as error:
        return [from_error(one, READING.id) for one in error.all]
    found = []
    for name in checks:
        try:
            outcome = BY_ID[name].run(subject)
        except FlatgovError as error:
            found += [from_error(one, name) for one in error.all]
        else:
            assert not outcome.skipped, outcome
            found += outcome.findings
    return found


def judge(fault: Fault, found: Sequence[Finding], line: int) -> None:
    """Hold what was found against a fault: it, nothing else, in its place."""
    weights = ("note",) if fault.severity == "note" else ("warning", "error")
    own = [one for one in found if one.check == fault.check and one.severity in weights]
    if fault.severity == "note":  # A note has others beside it, of other variables.
        own = [one for one in own if one.variable == fault.variable]
    assert [one.variable for one in own] == [fault.variable], found
    assert not [one for one in found if one.severity != "note" and one not in own]
    (finding,) = own
    shown = excerpt(finding)
    if line:
        assert shown is not None
        assert shown.line == line, finding
    if fault.mark:
        assert shown is not None
        assert shown.marked == fault.mark, finding
    assert finding.what


def cases() -> list[object]:
    return [
        pytest.param(name, fault, id=f"{name} {fault.kind} {number}")
        for name, faults in FAULTS.items()
        for number, fault in enumerate(faults)
    ]


@pytest.mark.parametrize(("name", "fault"), cases())
def test_a_fault_in_a_model_is_found(tmp_path: Path, name: str, fault: Fault) -> None:
    text, path, statements = placed(fault, MODELS[name]), tmp_path / name, tmp_path / "checks.toml"
    path.write_text(text, encoding="utf-8")
    statements.write_text(CHECKS_TOML, encoding="utf-8")
    more = () if fault.check in (*CHEAP, READING.id) else (fault.check,)
    found = findings(path, (*CHEAP, *more), statements)
    about = CHECKS_TOML if fault.check == "reality" else text
    judge(fault, found, line_of(fault, about))


def test_a_right_model_has_no_finding(tmp_path: Path) -> None:
    statements = tmp_path / "checks.toml"
    statements.write_text(CHECKS_TOML, encoding="utf-8")
    for name in ("schools.mdl", "tank.xmile", "clinic.mdl", "spring.mdl"):
        path = tmp_path / name
        path.write_text(MODELS[name], encoding="utf-8")
        checks = [one for one in BY_ID if one != "reality" or name == "clinic.mdl"]
        found = findings(path, checks, statements)
        assert not [one for one in found if one.severity != "note"], name


def test_the_longgang_model_has_no_finding_that_needs_no_run() -> None:
    found = findings(STUDY_FOLDER / "longgang.mdl", CHEAP)
    assert not [one for one in found if one.severity != "note"]


@pytest.mark.slow
def test_the_longgang_study_has_no_finding() -> None:
    report = make_report(STUDY_FOLDER, draws=8)
    assert not [one for one in report.findings if one.severity != "note" and not one.accepted]


@pytest.fixture(scope="module")
def study_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeded") / "longgang"
    shutil.copytree(STUDY_FOLDER, folder)
    return folder


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        pytest.param(name, fault, id=f"{name} {fault.kind} {number}")
        for name, faults in STUDY.items()
        for number, fault in enumerate(faults)
    ],
)
def test_a_fault_in_a_study_is_found(study_folder: Path, name: str, fault: Fault) -> None:
    file = study_folder / name
    right = file.read_text(encoding="utf-8")
    text = placed(fault, right)
    file.write_text(text, encoding="utf-8")
    try:
        with pytest.raises(FlatgovError) as caught:
            open_study(study_folder)
        found = [from_error(one, READING.id) for one in caught.value.all]
        assert [one.file for one in found] == [str(file)]
        judge(fault, found, line_of(fault, text))
    finally:
        file.write_text(right, encoding="utf-8")


@pytest.mark.parametrize("fault", STATEMENTS)
def test_a_fault_in_a_reality_check_is_found(tmp_path: Path, fault: Fault) -> None:
    path, statements = tmp_path / "clinic.mdl", tmp_path / "checks.toml"
    path.write_text(CLINIC, encoding="utf-8")
    text = placed(fault, CHECKS_TOML)
    statements.write_text(text, encoding="utf-8")
    judge(fault, findings(path, ("reality",), statements), line_of(fault, text))


@pytest.mark.parametrize("seed", range(10))
def test_several_faults_are_found_at_once(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    count = rng.randint(3, 5)
    chosen: list[Fault] = []
    text = MODELS["longgang.mdl"]
    for fault in rng.sample(UNREADABLE, len(UNREADABLE)):
        others = {one.variable for one in chosen}
        apart = text.count(fault.old) == 1 and fault.variable not in others
        after = placed(fault, text) if apart and fault.variable and len(chosen) < count else ""
        if after and all(one.new in after for one in chosen):
            chosen.append(fault)
            text = after
    assert len(chosen) == count
    path = tmp_path / "longgang.mdl"
    path.write_text(text, encoding="utf-8")
    found = findings(path, ())
    assert {one.variable for one in found} == {fault.variable for fault in chosen}
    assert len(found) == count
    for fault in chosen:
        own = [one for one in found if one.variable == fault.variable]
        judge(fault, own, line_of(fault, text))


def test_there_are_enough() -> None:
    all_of_them = [
        *(fault for faults in (*FAULTS.values(), *STUDY.values()) for fault in faults),
        *STATEMENTS,
    ]
    assert len(FAULTS["longgang.mdl"]) >= 45
    assert len(set(all_of_them)) == len(all_of_them) >= 75
    assert len({fault.kind for fault in all_of_them}) >= 20
