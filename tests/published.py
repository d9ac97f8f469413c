"""Runs published models natively, through PySD and through pysimlin, and compares every variable.

    python tests/published.py FOLDER [--only TEXT] [--engine native]

The models are not part of this repository, as most have no clear licence; `SOURCES` says where
each is found. A variable agrees if it is nowhere further off than 1e-9 of its largest absolute
value over the run, and NaN and infinite at the same times. What depends on random numbers is not
compared. `EXPLAINED` lists where another engine differs for a known reason. Exit status 1 if a
difference has no explanation.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

import flatgov as fg
from flatgov.model import Model
from flatgov.names import canonical
from tools.chance import random_variables

TOLERANCE = 1e-9
FloatArray = npt.NDArray[np.float64]
# By canonical name with its elements, such as "a[b1,c2]": the values (time).
Series = dict[str, FloatArray]

_METASD = "github.com/bpowers/simlin, test/metasd (metasd.com)"
_COOKBOOK = "github.com/SDXorg/PySD-Cookbook, source/models"

# The first 12 digits of the SHA-256 of each file: what it is and where it is found.
SOURCES: dict[str, tuple[str, str]] = {}

# By model name, engine and canonical variable ("*": any).
EXPLAINED: dict[tuple[str, str, str], str] = {}


def native(model: Model, engine: str | None) -> tuple[FloatArray, Series]:
    """Run a model through flatgov."""
    run = model.run() if engine is None else model.run(engine=engine)  # type: ignore[arg-type]
    values = {str(name): np.asarray(array.values) for name, array in run.data_vars.items()}
    return np.asarray(run["time"].values), _flatten(model, values)


def pysd(model: Model) -> tuple[FloatArray, Series]:
    """Run a model through PySD, around its known defects."""
    from flatgov.run.grid import time_points
    from flatgov.run.oracle import simulate

    return time_points(model.time), _flatten(model, simulate(model))


def pysimlin(model: Model) -> tuple[FloatArray, Series]:
    """Run a model through pysimlin."""
    import simlin

    table = simlin.load(model.path).run().results
    values = {_spelt(str(name)): table[name].to_numpy(dtype=np.float64) for name in table.columns}
    return table.index.to_numpy(dtype=np.float64), values


ENGINES: dict[str, Callable[[Model], tuple[FloatArray, Series]]] = {
    "PySD": pysd,
    "pysimlin": pysimlin,
}


def _spelt(name: str) -> str:
    base, bracket, elements = name.partition("[")
    inside = ",".join(str(canonical(part)) for part in elements.rstrip("]").split(","))
    return f"{canonical(base.strip(chr(34)))}[{inside}]" if bracket else str(canonical(base))


def _flatten(model: Model, values: Mapping[str, FloatArray]) -> Series:
    result: Series = {}
    for name, array in values.items():
        ranges = [model.subscripts[one] for one in model.variables[name].subscripts]
        for index in np.ndindex(array.shape[1:]):
            elements = [ranges[axis][place] for axis, place in enumerate(index)]
            label = f"{name}[{','.join(elements)}]" if elements else name
            result[_spelt(label)] = np.asarray(array[(slice(None), *index)], dtype=np.float64)
    return result


def distance(ours: FloatArray, theirs: FloatArray) -> float:
    """Give the largest difference over the largest absolute value; infinite if NaNs differ."""
    known = np.isfinite(theirs)
    if not np.array_equal(ours[~known], theirs[~known], equal_nan=True):
        return float("inf")
    if not np.isfinite(ours[known]).all():
        return float("inf")
    scale = float(np.max(np.abs(theirs[known]), initial=0.0))
    furthest = float(np.max(np.abs(ours[known] - theirs[known]), initial=0.0))
    return furthest / scale if scale else furthest


def compare(
    model: Model, ours: tuple[FloatArray, Series], theirs: tuple[FloatArray, Series]
) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """Give the distance and its first time by variable, and what the other engine lacks."""
    random = random_variables(model)
    where = [int(np.argmin(np.abs(theirs[0] - moment))) for moment in ours[0]]
    common = np.abs(theirs[0][where] - ours[0]) < 1e-9 * np.maximum(1.0, np.abs(ours[0]))
    distances, lacking = {}, []
    for name, values in ours[1].items():
        if name.partition("[")[0] in random:
            continue
        if name not in theirs[1]:
            lacking.append(name)
            continue
        other = theirs[1][name][where][common]
        mine = values[common]
        scale = max(float(np.max(np.abs(other), initial=0.0)), 1e-300)
        off = np.flatnonzero(~(np.abs(mine - other) <= TOLERANCE * scale) & (mine != other))
        first = float(ours[0][common][off[0]]) if off.size else float("nan")
        distances[name] = distance(mine, other), first
    return distances, lacking


def explanation(model: str, engine: str, variable: str) -> str | None:
    """Say why another engine differs, if that is known."""
    for key, reason in EXPLAINED.items():
        wanted = zip(key, (model, engine, variable), strict=True)
        if all(want in ("*", have) for want, have in wanted):
            return reason
    return None


def report(path: Path, engine: str | None) -> Iterator[tuple[str, bool]]:
    """Yield the lines about a model, each with whether it is a failure."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    name, source = SOURCES.get(digest, (path.stem, f"SHA-256 {digest}"))
    try:
        model = fg.load_model(path)
        start = time.perf_counter()
        ours = native(model, engine)
        seconds = time.perf_counter() - start
    except fg.FlatgovError as error:
        yield f"{name}: refused: {error}", False
        return
    yield f"{name}: {len(ours[1])} series, {len(ours[0])} times, {seconds:.2f} s  ({source})", False
    for other, run in ENGINES.items():
        try:
            theirs = run(model)
        except Exception as error:  # Another engine's failure is a result to show.
            reason = " ".join(str(error).split())[:200]
            yield f"  {other}: fails: {type(error).__name__}: {reason}", False
            continue
        yield from _differences(name, other, *compare(model, ours, theirs))


def _differences(
    name: str, other: str, distances: dict[str, tuple[float, float]], lacking: Sequence[str]
) -> Iterator[tuple[str, bool]]:
    apart = {key: found for key, found in distances.items() if not found[0] <= TOLERANCE}
    alike = [found[0] for key, found in distances.items() if key not in apart]
    worst = max(alike, default=0.0)
    yield f"  {other}: {len(alike)} agree, the worst to {worst:.1e}; {len(apart)} differ", False
    if lacking:
        yield f"    lacks {len(lacking)}: {', '.join(lacking[:4])}", False
    ordered = sorted(apart.items(), key=lambda item: item[1][1])
    known: dict[str, int] = {}
    for variable, (off, first) in ordered:
        reason = explanation(name, other, variable)
        if reason is None:
            yield f"    {variable}: {off:.3g} off, first at {first:g}", True
        else:
            known[reason] = known.get(reason, 0) + 1
    for reason, count in known.items():
        yield f"    {count} explained: {reason}", False


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; give the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--engine", help="the default one of `Model.run` if not given")
    parser.add_argument("--only", default="", help="models with this in their path")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    failed = False
    for path in sorted(options.folder.iterdir()):
        if path.suffix not in (".mdl", ".xmile", ".stmx") or options.only not in path.name:
            continue
        for line, failure in report(path, options.engine):
            print(f"{line}{'  NOT EXPLAINED' if failure else ''}", flush=True)
            failed |= failure
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
