"""The kinds of files that `fuzz.py` changes: right files of each, and what is done with them."""

from __future__ import annotations

import functools
import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import flatgov as fg
from conftest import FILES, MODEL
from flatgov.kernel.lower import lower
from hostile.files import book
from hostile.results import results
from hostile.routes import CONTROL, XMILE
from hostile.studies import UNCERTAINTY as ONE_UNCERTAIN

MDL = (
    MODEL,
    '{UTF-8}\nD: a, b, c ~~|\nE: (e1-e3) -> D ~~|\nx[D] = 1, 2, 3 ~ Person [0,?,1] ~ "q" |\n'
    "y[D] = SUM(x[D!] * 2) + IF THEN ELSE(Time > 1 :AND: :NOT: x[D] <= 2, ABS(x[a]), x[D]^2) ~~|\n"
    'z = WITH LOOKUP(Time, ([(0,0)-(9,9)],(0,0),(1,2),(9,9))) + INITIAL("s t"[e1]) ~~|\n'
    '"s t"[E] = INTEG(-"s t"[E] / 3, E) ~~ {note {inner}} |\n'
    ":MACRO: M(a, b : c)\nM = SMOOTH(a, b) ~~|\nc = M * 2 ~~|\n:END OF MACRO:\n"
    "w = M(x[b], 3 : v) + DELAY N(Time, 3, 0, 2) + PULSE TRAIN(0, 1, 2, 9) ~~|\n"
    "u[D] :EXCEPT: [c] = VECTOR SORT ORDER(x[D], 1) ~~|\nu[c] = RANDOM UNIFORM(0, 1, 5) ~~|\n"
    "********\n.group\n********~\n|\nINITIAL TIME = 0 ~~|\n"
    "FINAL TIME = 3 ~~|\nTIME STEP = 0.5 ~~|\nSAVEPER = TIME STEP ~~|\n"
    "\\\\\\---/// Sketch information\nV300\n*View\n10,1,x,1,1,1,1,3,3,0,0\n",
)
XML = (
    XMILE.format(
        dimensions='<dimensions><dim name="d" size="3"/><dim name="e"><elem name="p"/>'
        '<elem name="q"/></dim></dimensions>',
        variables='<stock name="s"><eqn>5</eqn><inflow>f</inflow><outflow>g</outflow>'
        '</stock><flow name="f"><eqn>IF TIME &gt; 1 THEN s/2 ELSE h(s)</eqn>'
        '<units>a/b</units></flow><flow name="g"><eqn>MIN(s, SMTH1(f, 2)) + PULSE(1, 2, 3)</eqn>'
        '</flow><gf name="h"><xscale min="0" max="9"/><ypts>1,2,3</ypts></gf><aux name="v">'
        '<dimensions><dim name="e"/></dimensions><element subscript="p"><eqn>1</eqn></element>'
        '<element subscript="q"><eqn>SUM(v2[*])</eqn></element></aux><aux name="v2"><dimensions>'
        '<dim name="d"/></dimensions><eqn>-2^2 mod 3 // 2</eqn><doc>text</doc></aux>',
        more='<macro name="m"><parm>a</parm><eqn>a * 2</eqn></macro>',
    ),
)
CHECKS = """
[reality.stays]
text = "Without new people staff falls."
changes = [{ variable = "hiring rate", operation = "set", value = 0.0, reason = "A test." }]
expect = ["min('Staff' of when) < min('Staff' of base)"]
share = 0.9

[[accept]]
check = "unused"
variable = "stay"
reason = "An example."
"""
Files = Mapping[str, bytes]


def _model(text: str, ending: str) -> Files:
    return {f"model.{ending}": text.encode()}


def _study() -> Files:
    from study.conftest import UNCERTAINTY

    files = {name: text.encode() for name, text in FILES.items()}
    return {**files, "uncertainty.toml": UNCERTAINTY.encode()}


def _checks() -> Files:
    return {"model.mdl": MODEL.encode(), "checks.toml": CHECKS.encode()}


@functools.cache
def _table(ending: str) -> Files:
    import pandas as pd

    draws = pd.DataFrame({"stay": [12.5, 20.0, 28.0, 15.0]})
    content = draws.to_csv(index=False).encode()
    if ending == ".parquet":
        packed = io.BytesIO()
        draws.to_parquet(packed)
        content = packed.getvalue()
    files = {name: text.encode() for name, text in FILES.items()}
    return {**files, "uncertainty.toml": ONE_UNCERTAIN.encode(), f"t{ending}": content}


@functools.cache
def _sheet() -> Files:
    with tempfile.TemporaryDirectory() as name:
        book(Path(name) / "a.xlsx")
        content = (Path(name) / "a.xlsx").read_bytes()
    text = "{UTF-8}\nx = GET DIRECT CONSTANTS('a.xlsx', 'S', 'A1') ~ ~ |\n" + CONTROL
    return {"model.mdl": text.encode(), "a.xlsx": content}


@functools.cache
def _results() -> Files:
    with tempfile.TemporaryDirectory() as name:
        out = results(Path(name))
        paths = [path for path in out.rglob("*") if path.is_file()]
        return {path.relative_to(out).as_posix(): path.read_bytes() for path in paths}


KINDS: dict[str, Callable[[], Files]] = {
    "small mdl": functools.partial(_model, MDL[0], "mdl"),
    "mdl": functools.partial(_model, MDL[1], "mdl"),
    "xmile": functools.partial(_model, XML[0], "xmile"),
    "study": _study,
    "checks": _checks,
    "csv": functools.partial(_table, ".csv"),
    "parquet": functools.partial(_table, ".parquet"),
    "sheet": _sheet,
    "results": _results,
}
_CHANGED = {
    "study": ".toml",
    "checks": "checks.toml",
    "csv": ".csv",
    "parquet": ".parquet",
    "sheet": ".xlsx",
    "results": "",
}


def is_changed(kind: str, name: str) -> bool:
    """Tell whether a file of a kind is one that is changed."""
    return name.endswith(_CHANGED.get(kind, ""))


def _use_model(folder: Path) -> None:
    """Lower a model; what loads is checked as it stands and for units, without a run."""
    from flatgov.check.catalogue import CHECKS as ALL
    from flatgov.check.subject import Subject

    path = next(path for path in folder.iterdir() if path.stem == "model")
    model = fg.load_model(path)
    lower(model)
    for check in ALL:
        if check.run.__module__.rpartition(".")[2].startswith(("static", "units")):
            check.run(Subject(model))


def _use_checks(folder: Path) -> None:
    from flatgov.check.accept import read_acceptances
    from flatgov.check.catalogue import CHECKS as ALL
    from flatgov.check.reality import read_statements, study_of
    from flatgov.check.subject import Subject
    from flatgov.errors import Problems
    from flatgov.study.toml import read_toml

    path = folder / "checks.toml"
    problems = Problems()
    read_acceptances(path, [check.id for check in ALL], problems)
    problems.raise_first()
    subject = Subject(fg.load_model(folder / "model.mdl"), checks_file=path)
    read_statements(read_toml(path), study_of(subject))


def _use_table(folder: Path) -> None:
    from flatgov.study.draws_table import read_table

    read_table(fg.open_study(folder), next(path for path in folder.iterdir() if path.stem == "t"))


def _use_results(folder: Path) -> None:
    from flatgov.run.store import read_base, read_results, read_source

    read_source(folder)
    read_results(folder)
    read_base(folder)


USES: dict[str, Callable[[Path], object]] = {
    "small mdl": _use_model,
    "mdl": _use_model,
    "xmile": _use_model,
    "study": fg.open_study,
    "checks": _use_checks,
    "csv": _use_table,
    "parquet": _use_table,
    "sheet": lambda folder: lower(fg.load_model(folder / "model.mdl")),
    "results": _use_results,
}
