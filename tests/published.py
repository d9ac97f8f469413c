"""Runs published models natively, through PySD and through pysimlin, and compares every variable.

    python tests/published.py FOLDER [--only TEXT]

The models are not part of this repository, as most have no clear licence; `SOURCES` says where
each is found. A variable agrees if it is nowhere further off than 1e-9 of its largest absolute
value over the run, and NaN and infinite at the same times. What depends on random numbers is not
compared. `EXPLAINED` lists where another engine differs for a known reason. Exit status 1 if a
difference has no explanation.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

import flatgov as fg
from flatgov.model import Integrator, Model
from flatgov.names import canonical
from tools.chance import random_variables

TOLERANCE = 1e-9
FloatArray = npt.NDArray[np.float64]
# By canonical name with its elements, such as "a[b1,c2]": the values (time).
Series = dict[str, FloatArray]

_METASD = "github.com/bpowers/simlin, test/metasd (metasd.com)"
_SIMLIN = "github.com/bpowers/simlin"
_COOKBOOK = "github.com/SDXorg/PySD-Cookbook, source"
_SDE = "github.com/climateinteractive/SDEverywhere"

# The first 12 digits of the SHA-256 of each file: what it is and where it is found.
SOURCES: dict[str, tuple[str, str]] = {
    "ca0dd960e25c": ("C-LEARN 77 (Climate Interactive)", _SIMLIN),
    "44637c4b8a9f": ("World3-03 (Meadows, Randers, Meadows 2004)", _METASD),
    "b463559b9b43": ("aging chain", _COOKBOOK),
    "d7b0ee794b2d": ("atmospheric bathtub", _COOKBOOK),
    "09e27c5dc72d": ("bathtub statistics", _METASD),
    "a257a976d682": ("beer game (Sterman)", _METASD),
    "79120c08c913": ("capability trap", _COOKBOOK),
    "cba25c1c6eac": ("early warnings of a catastrophe", _METASD),
    "ab6216cb8e1d": ("Covid-19 in the US (Homer)", _METASD),
    "7ed913f93cae": ("critical slowing", _METASD),
    "8ed1fa15c084": ("manufacturing defects", _COOKBOOK),
    "4325025b612b": ("double pendulum", _COOKBOOK),
    "643982aceac3": ("Fish Banks", _SIMLIN),
    "ec1534bcb8bd": ("FREE 6 (Fiddaman)", _METASD),
    "6b8a0617dfd3": ("Goldstone and Tilly 2001", _COOKBOOK),
    "24b0ae1bb046": ("social network valuation", _METASD),
    "f30b44e8c290": ("Industrial Dynamics, chapter 15 (Forrester)", _METASD),
    "a3451bd28efd": ("interpolating arrays", _METASD),
    "3157093b738c": ("land model", _SIMLIN),
    "9795a5bc46ec": ("housing market, mark 2", _SIMLIN),
    "57f4134039e4": ("pink noise", _METASD),
    "121b0a1d3934": ("predator and prey", _COOKBOOK),
    "cd4f9d817929": ("rabbits and foxes", _SIMLIN),
    "2f61c848be94": ("reliability", _SIMLIN),
    "6d799e061fb8": ("sales agents, market building", _COOKBOOK),
    "4e53b4ea5058": ("sales agents, motivation", _COOKBOOK),
    "0d31566772fa": ("scientific revolution 7 (Sterman, Wittenberg)", _METASD),
    "6af1977a805f": ("scientific revolution 8", _METASD),
    "ee338b61702a": ("house game", _SDE),
    "c83cab4b3c38": ("SIR", _SDE),
    "6056c5732ab7": ("SIR", _COOKBOOK),
    "03febd68e1fd": ("Theil statistics", _METASD),
    "13baa7a6fecb": ("thyroid dynamics", _METASD),
    "4b5de467e717": ("Twitter", _COOKBOOK),
    "c9825f6b257d": ("Wonderland (Sanderson)", _METASD),
}

# By model name, engine and canonical variable ("*": any).
EXPLAINED: dict[tuple[str, str, str], str] = {
    ("Fish Banks", "PySD", "*"): "PySD's code has the points of lookups with 8 digits only",
}


def asked_integrator(model: Model) -> Integrator:
    """Give the method that a Vensim file asks for; of other files the one that was read.

    A Vensim file ends with its settings; the fourth number of those with the code 15 is 1 or 5
    for the two kinds of RK4 (as github.com/bobeberlein/xmutil reads it).
    """
    if not model.path.endswith(".mdl"):
        return model.integrator
    found = re.search(rb"^15:\d+,\d+,\d+,(\d+)", model.source, re.MULTILINE)
    return "rk4" if found and found[1] in (b"1", b"5") else "euler"


def native(model: Model, integrator: Integrator) -> tuple[FloatArray, Series]:
    """Run a model through flatgov."""
    run = model.run(integrator=integrator)
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


# PySD knows Euler's method only.
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
    """Give the distance and its first time by variable, and what the other engine lacks.

    Raises:
        ValueError: The other engine has other times.
    """
    random = random_variables(model)
    where = [int(np.argmin(np.abs(theirs[0] - moment))) for moment in ours[0]]
    common = np.abs(theirs[0][where] - ours[0]) < 1e-9 * np.maximum(1.0, np.abs(ours[0]))
    if not common.all():
        raise ValueError(f"it saves {int(common.sum())} of our {len(common)} times")
    distances, lacking = {}, []
    for name, values in ours[1].items():
        if name.partition("[")[0] in random:
            continue
        if name not in theirs[1]:
            lacking.append(name)
            continue
        other = theirs[1][name][where]
        scale = max(float(np.max(np.abs(other), initial=0.0)), 1e-300)
        off = np.flatnonzero(~(np.abs(values - other) <= TOLERANCE * scale) & (values != other))
        first = float(ours[0][off[0]]) if off.size else float("nan")
        distances[name] = distance(values, other), first
    return distances, lacking


def explanation(model: str, engine: str, variable: str) -> str | None:
    """Say why another engine differs, if that is known."""
    for key, reason in EXPLAINED.items():
        wanted = zip(key, (model, engine, variable), strict=True)
        if all(want in ("*", have) for want, have in wanted):
            return reason
    return None


def report(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield the lines about a model, each with whether it is a failure."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    name, source = SOURCES.get(digest, (path.stem, f"SHA-256 {digest}"))
    try:
        model = fg.load_model(path)
        asked = asked_integrator(model)
        start = time.perf_counter()
        ours = {"euler": native(model, "euler")}
        seconds = time.perf_counter() - start
        if asked != "euler":
            ours[asked] = native(model, asked)
    except fg.FlatgovError as error:
        yield f"{name}: refused: {error}", False
        return
    times, series = ours["euler"]
    yield f"{name}: {len(series)} series, {len(times)} times, {seconds:.2f} s  ({source})", False
    for other, run in ENGINES.items():
        method = "euler" if other == "PySD" else asked
        try:
            theirs = run(model)
        except Exception as error:  # Another engine's failure is a result to show.
            reason = " ".join(str(error).split())[:200]
            yield f"  {other}: fails: {type(error).__name__}: {reason}", False
            continue
        try:
            compared = compare(model, ours[method], theirs)
        except ValueError as error:
            yield f"  {other}: {error}", True
            continue
        yield from _differences(name, f"{other} ({method})", *compared)


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
        reason = explanation(name, other.split()[0], variable)
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
    parser.add_argument("--only", default="", help="models with this in their path")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    failed = False
    for path in sorted(options.folder.iterdir()):
        if path.suffix not in (".mdl", ".xmile", ".stmx") or options.only not in path.name:
            continue
        for line, failure in report(path):
            print(f"{line}{'  NOT EXPLAINED' if failure else ''}", flush=True)
            failed |= failure
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
