"""Runs the community's test models and compares every number with the reference outputs.

    python tests/scoreboard.py FOLDER [--ending mdl] [--engine native] [--only TEXT]

FOLDER is a copy of https://github.com/SDXorg/test-models. Each model is compared with every
reference output beside it: ``output*.csv`` and ``output*.tab`` (those of one program only with
the model formats of that program). A model is *right* if each column of each reference is met at
each of its times to 1e-5, relative or absolute; it *differs* if one is not, or has no counterpart
in the model; it is *refused* if flatgov says why it cannot run it. Columns that are known not to
fit are listed with the reason, from `tools/known_references.py`. Exit status 1 if anything
differs or breaks.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

import flatgov as fg
from flatgov.model import Model
from flatgov.names import canonical
from tools.chance import random_variables
from tools.known_references import find_known

TOLERANCE = 1e-5
ENDINGS = (".mdl", ".xmile", ".stmx")

# References that bear another name.
OWN_REFERENCE = {"model_to_generate_data": "data.tab"}

# Files with the data of a model's data variables.
DATA = {"test_data_from_other_model": ["data.tab"]}

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """A table of expected values.

    Attributes:
        file: Its file name.
        times: (time).
        near: (time) How far off the printed times may be: half a unit of their last digit.
        columns: Name and values (time) of each column; NaN where a cell is empty.
    """

    file: str
    times: FloatArray
    near: FloatArray
    columns: list[tuple[str, FloatArray]]


@dataclass(frozen=True)
class Difference:
    """A column that is not met.

    Attributes:
        reference: The file that it is in.
        column: Its heading.
        reason: What was expected and what was found.
    """

    reference: str
    column: str
    reason: str


@dataclass
class Score:
    """What came of one model."""

    model: str
    status: str
    reason: str = ""
    differences: list[Difference] = field(default_factory=list)
    left_out: list[Difference] = field(default_factory=list)
    looser: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    seconds: float = 0.0


def read_reference(path: Path) -> Reference:
    """Read a table with the time in the first column.

    Vensim writes a constant in the first row only; its other cells get the same value.
    """
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    rows = list(csv.reader(text.splitlines(), delimiter="\t" if path.suffix == ".tab" else ","))
    header, body = rows[0], [row for row in rows[1:] if row and row[0].strip()]
    times = np.array([float(row[0]) for row in body])
    columns = []
    for index, name in enumerate(header[1:], 1):
        if not name.strip():
            continue
        cells = [row[index].strip() if index < len(row) else "" for row in body]
        values = np.array([float(cell) if cell else np.nan for cell in cells])
        if cells and cells[0] and not any(cells[1:]):
            values[:] = values[0]
        columns.append((name.strip(), values))
    return Reference(path.name, times, np.array([_half_unit(row[0]) for row in body]), columns)


def _half_unit(number: str) -> float:
    """Give half a unit of the last digit of a printed number."""
    digits, _, power = number.strip().lower().partition("e")
    places = len(digits.partition(".")[2])
    return 0.5 * 10.0 ** (int(power or 0) - places) * (1 + 1e-9)


def references_of(model: Path) -> list[Path]:
    """Give the tables that a model must meet."""
    if model.stem in OWN_REFERENCE:
        return [model.parent / OWN_REFERENCE[model.stem]]
    tables = [path for path in model.parent.iterdir() if path.suffix in (".csv", ".tab")]
    others = "stella" if model.suffix == ".mdl" else "vensim"
    return sorted(
        path for path in tables if path.stem.startswith("output") and others not in path.stem
    )


def split_column(column: str) -> tuple[str, list[str]]:
    """Split ``a[A1,B2]`` into the variable and its elements; quotes around the name go."""
    match = re.fullmatch(r'("(?:[^"\\]|\\.)*"|[^\[\]]*?)\s*\[([^\[\]]*)\]', column)
    if match is None:
        return column, []
    return match[1], [element.strip() for element in match[2].split(",")]


class Results:
    """The values of a run, found by the columns of a reference."""

    def __init__(self, model: Model, run: xr.Dataset) -> None:
        self.times = np.asarray(run["time"].values, dtype=np.float64)
        self._run = run
        self._names = {_key(str(name)): str(name) for name in run.data_vars}
        self._model = model
        settings = model.time
        self._controls = {
            "initial time": settings.initial,
            "final time": settings.final,
            "time step": settings.step,
            "saveper": settings.saveper,
            "starttime": settings.initial,
            "stoptime": settings.final,
            "dt": settings.step,
        }

    def find(self, column: str) -> FloatArray | str:
        """Give the values (time) of a column, or why there are none."""
        name, elements = split_column(column)
        key = _key(name)
        if key in self._names:
            return self._element(self._run[self._names[key]], elements)
        if key in self._controls:
            return np.full(len(self.times), self._controls[key])
        if key == "time":
            return self.times
        if _key(column) in self._names:
            return self._element(self._run[self._names[_key(column)]], [])
        if any(_key(variable) == key for variable in self._model.variables):
            return "a lookup has no values over time"
        return "no variable of this name in the model"

    def _element(self, array: xr.DataArray, elements: Sequence[str]) -> FloatArray | str:
        dimensions = [str(name) for name in array.dims if name != "time"]
        if len(dimensions) != len(elements):
            return f"the model has {len(dimensions)} subscripts here"
        chosen = {}
        for dimension, element in zip(dimensions, elements, strict=True):
            known = [_key(str(value)) for value in array[dimension].values]
            if _key(element) not in known:
                return f"'{element}' is no element of {dimension} in the model"
            chosen[dimension] = known.index(_key(element))
        values = array.isel(chosen).values
        return np.broadcast_to(np.asarray(values, dtype=np.float64), self.times.shape)


def _key(name: str) -> str:
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1]
    return canonical(name.replace("\\n", " ").replace('\\"', '"'))


def compare(
    results: Results, reference: Reference, score: Score, random: Collection[str] = ()
) -> None:
    """Compare every column of a reference and write what is found into the score."""
    at = np.array([int(np.argmin(np.abs(results.times - time))) for time in reference.times])
    missing = np.abs(results.times[at] - reference.times) > reference.near
    for column, expected in reference.columns:
        base = split_column(column)[0]
        known = find_known(score.model, reference.file, base, _key)
        got = results.find(column)
        values = np.where(missing, np.nan, got[at]) if isinstance(got, np.ndarray) else got
        if _key(base) in random:
            reason = "it depends on random numbers, which other programs draw otherwise"
            score.left_out.append(Difference(reference.file, column, reason))
        elif np.isnan(expected).all():
            reason = "the reference has no values"
            score.left_out.append(Difference(reference.file, column, reason))
        elif known is not None and known.tolerance is None:
            score.left_out.append(Difference(reference.file, column, known.reason))
        elif isinstance(values, str):
            score.differences.append(Difference(reference.file, column, values))
        elif known is not None and known.tolerance is not None:
            score.looser[f"to {known.tolerance:g} only: {known.reason}"] += 1
            _compare_column(column, expected, values, known.tolerance, reference, score)
        else:
            _compare_column(column, expected, values, TOLERANCE, reference, score)


def _compare_column(
    column: str,
    expected: FloatArray,
    got: FloatArray,
    tolerance: float,
    reference: Reference,
    score: Score,
) -> None:
    with np.errstate(invalid="ignore"):
        close = np.abs(got - expected) <= tolerance * np.maximum(1.0, np.abs(expected))
    close |= got == expected  # Infinities.
    empty = np.isnan(expected)
    if empty.any():
        cells = f"{int(empty.sum())} of {len(empty)} cells are empty; the others are compared"
        score.left_out.append(Difference(reference.file, column, cells))
    wrong = np.flatnonzero(~close & ~empty)
    score.compared += 1
    if wrong.size:
        first = wrong[0]
        reason = (
            f"at {reference.times[first]:g} expected {expected[first]:.9g}, "
            f"got {got[first]:.9g}; {wrong.size} of {len(got)} times"
        )
        score.differences.append(Difference(reference.file, column, reason))


def score_model(path: Path, folder: Path, engine: str | None) -> Score:
    """Run one model and compare it with all its references."""
    name = path.relative_to(folder).as_posix()
    score = Score(name, "right")
    start = time.perf_counter()
    try:
        model = fg.load_model(path, [path.parent / name for name in DATA.get(path.stem, ())])
        run = model.run() if engine is None else model.run(engine=engine)
        results = Results(model, run)
        random = random_variables(model)
        for reference in references_of(path):
            compare(results, read_reference(reference), score, random)
        if score.differences:
            score.status = "differs"
        elif not score.compared:
            score.status, score.reason = "not compared", "no column can be compared"
    except fg.FlatgovError as error:
        score.status, score.reason = "refused", str(error).replace(f"{folder}/", "")
    except Exception as error:  # The table must show what breaks, and go on.
        text = " ".join(str(error).split())
        score.status, score.reason = "broken", f"{type(error).__name__}: {text}"
    score.seconds = time.perf_counter() - start
    return score


def models_of(folder: Path, ending: str | None, only: str) -> Iterator[Path]:
    """Yield the models with a reference, in the order of their paths."""
    for path in sorted(folder.rglob("*")):
        wanted = (f".{ending.lstrip('.')}",) if ending else ENDINGS
        if path.suffix.lower() in wanted and only in path.as_posix() and references_of(path):
            yield path


def print_score(score: Score) -> None:
    """Print a model's line, its first differences and what was left out."""
    print(f"{score.status:12}  {score.model}  [{score.compared} columns] {score.reason}".rstrip())
    for item in score.differences[:3]:
        print(f"{'':14}{item.column} ({item.reference}): {item.reason}")
    if len(score.differences) > 3:
        print(f"{'':14}and {len(score.differences) - 3} more columns")
    for item in score.left_out:
        print(f"{'':14}left out: {item.column} ({item.reference}): {item.reason}")
    for reason, count in score.looser.items():
        print(f"{'':14}{count} columns compared {reason}")


def print_counts(scores: Sequence[Score], seconds: float) -> None:
    """Print how many models of each ending came to what."""
    states = ("right", "differs", "refused", "not compared", "broken")
    print(f"\n{'ending':10}" + "".join(f"{state:>14}" for state in (*states, "all")))
    counts = Counter((Path(score.model).suffix.lower(), score.status) for score in scores)
    for ending in sorted({ending for ending, _ in counts}):
        row = [counts[ending, state] for state in states]
        print(f"{ending:10}" + "".join(f"{number:14}" for number in (*row, sum(row))))
    columns = sum(score.compared for score in scores)
    left_out = sum(len(score.left_out) for score in scores)
    print(f"{columns} columns compared, {left_out} left out; {seconds:.1f} s")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; give the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ending", help="mdl, xmile or stmx only")
    parser.add_argument("--engine", help="the default one of `Model.run` if not given")
    parser.add_argument("--only", default="", help="models with this in their path")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    start = time.perf_counter()
    scores = []
    for path in models_of(options.folder, options.ending, options.only):
        scores.append(score_model(path, options.folder, options.engine))
        print_score(scores[-1])
        sys.stdout.flush()
    print_counts(scores, time.perf_counter() - start)
    return int(any(score.status in ("differs", "broken") for score in scores))


if __name__ == "__main__":
    sys.exit(main())
