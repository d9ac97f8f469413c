"""Measures the native engine against other engines and the same equations as C.

    python tests/benchmark.py MODEL [--members 1000] [--variable NAME]
    python tests/benchmark.py --scale

All engines run the same members (every constant of the model drawn within 5 % of its value) and
keep one variable at all times, on one core, in turn within one process. C is the lowered program
compiled by gcc with -O3 -march=native, one member at a time, in the fastest of several searches
for lookups; its results and those of all others must agree with the native ones to 1e-9. Each
number is a median, with the lowest and highest in brackets; ratios are taken pair by pair.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
REPEATS = 9


@dataclass(frozen=True)
class Case:
    """What all engines compute.

    Attributes:
        model: As read.
        program: As lowered.
        varying: The parameters that members give.
        parameters: (varying, member).
        variable: The one that is kept.
        output: Its operation.
        steps: Time steps.
    """

    model: Any
    program: Any
    varying: list[int]
    parameters: FloatArray
    variable: str
    output: int
    steps: int


def make_case(path: Path, members: int, variable: str | None) -> Case:
    """Read and lower a model and draw its members."""
    import flatgov as fg
    from flatgov.kernel.lower import lower

    model = fg.load_model(path)
    settings = replace(model.time, saveper=model.time.step)
    program = lower(model, settings)
    stocks = [one.name for one in model.variables.values() if one.kind == "stock"]
    name = model.find(variable or (stocks or list(program.outputs))[0]).name
    constants = {one.name for one in model.variables.values() if one.kind == "constant"}
    varying = [n for n, one in enumerate(program.parameters) if one.variable in constants]
    base = np.array([program.parameters[number].base for number in varying])
    factors = np.random.default_rng(1).uniform(0.95, 1.05, (len(varying), members))
    steps = round((settings.final - settings.initial) / settings.step)
    output = int(program.outputs[name].flat[0])
    return Case(model, program, varying, base[:, None] * factors, name, output, steps)


def spread(values: Sequence[float], unit: float = 1.0, digits: int = 3) -> str:
    """Print the median with the lowest and the highest."""
    ordered = sorted(value / unit for value in values)
    middle = statistics.median(ordered)
    return f"{middle:.{digits}g} [{ordered[0]:.{digits}g}, {ordered[-1]:.{digits}g}]"


def take_time(work: Callable[[], Any]) -> float:
    """Give the seconds that some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turn(works: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, list[float]]:
    """Time several works in turn, after a first time that does not count."""
    for work in works.values():
        work()
    rounds = [{name: take_time(work) for name, work in works.items()} for _ in range(repeats)]
    return {name: [one[name] for one in rounds] for name in works}


def same(name: str, ours: FloatArray, theirs: FloatArray) -> None:
    """Fail unless two results agree to 1e-9."""
    if not np.allclose(ours, theirs, rtol=1e-9, atol=0.0, equal_nan=True):
        off = np.nanmax(np.abs(ours - theirs) / np.abs(theirs))
        raise SystemExit(f"{name} does not agree: {off:.3g} off")


def native_run(case: Case, threads: int = 1) -> Callable[[], FloatArray]:
    """Compile natively; the run gives (time, member)."""
    from flatgov.kernel.execute import Batch, run_batch
    from flatgov.kernel.jit import compile_kernel

    kernel = compile_kernel(case.program, varying=case.varying, outputs=[case.output])
    batch = Batch(case.parameters.shape[1], case.parameters)
    return lambda: run_batch(kernel, batch, case.steps, 1, threads=threads)[0]


def compare_with_c(case: Case, native: Callable[[], FloatArray]) -> None:
    """Print the ratio to the fastest C.

    Native and all searches take turns, so that a machine whose speed drifts is fair to all.
    """
    from tools.c_program import FLAGS, SEARCHES, CProgram

    ours = native()
    each = case.parameters.shape[1] * 1e-6
    with tempfile.TemporaryDirectory() as folder:
        # -ffast-math gives up what the native engine keeps, so it stands for information only.
        for flags in (FLAGS, (*FLAGS, "-ffast-math")):
            works: dict[str, Callable[[], Any]] = {"native": native}
            for search in SEARCHES:
                compiled = CProgram(
                    case.program,
                    Path(folder),
                    varying=case.varying,
                    outputs=[case.output],
                    search=search,
                    flags=flags,
                )
                works[search] = partial(compiled.run, case.parameters, case.steps)
                same("C", ours, works[search]()[:, :, 0].T)
            taken = in_turn(works, REPEATS)
            best = min(SEARCHES, key=lambda search: statistics.median(taken[search]))
            ratios = [c / n for c, n in zip(taken[best], taken["native"], strict=True)]
            shown = " ".join(flag for flag in flags if flag not in ("-shared", "-fPIC"))
            print(
                f"  native                             us a member {spread(taken['native'], each)}"
            )
            print(f"  C {shown}, lookups: {best}  us a member {spread(taken[best], each)}")
            print(f"  C / native                         {spread(ratios)}")


def compare_with_python(case: Case, native: Callable[[], FloatArray], *, stock: bool) -> None:
    """Print the ratios to PySD, pysimlin and NumPy, each in turn with native."""
    from tools.numpy_program import run_numpy

    members = case.parameters.shape[1]

    def line(name: str, work: Callable[[], Any], runs: int, repeats: int) -> None:
        taken = in_turn({"native": native, "other": work}, repeats)
        pairs = zip(taken["other"], taken["native"], strict=True)
        ratio = spread([other / runs / (ours / members) for other, ours in pairs])
        print(f"  {name:27} ms a run {spread(taken['other'], runs * 1e-3)};  ratio {ratio}")

    def numpy() -> FloatArray:
        return run_numpy(case.program, case.parameters, case.varying, case.output, case.steps)

    same("NumPy", native(), numpy())
    with tempfile.TemporaryDirectory() as folder:
        line("PySD, lookups by np.interp", _pysd(case, folder, fast=True), 1, 5)
        if stock:
            line("PySD as it comes", _pysd(case, folder, fast=False), 1, 2)
    line("pysimlin", _pysimlin(case.model.path), 1, REPEATS)
    line("NumPy, all members at once", numpy, members, 3)


def _pysd(case: Case, folder: str, *, fast: bool) -> Callable[[], Any]:
    """Give a run of a model that PySD has built; one variable is kept."""
    import pysd

    from flatgov.run.oracle import _make_lookups_fast

    path = Path(case.model.path)
    read = pysd.read_vensim if path.suffix == ".mdl" else pysd.read_xmile
    model = read(shutil.copy(path, folder))
    if fast:
        _make_lookups_fast(model)
    return partial(model.run, return_columns=[case.variable])


def _pysimlin(path: str) -> Callable[[], None]:
    import simlin

    run = simlin.load(path).simulate()

    def work() -> None:
        run.reset()
        run.run_to_end()

    return work


def compare_cores(case: Case, cores: Sequence[int]) -> None:
    """Print the ratio of one core to two."""
    more = replace(case, parameters=np.tile(case.parameters, 8))

    def on(count: int) -> Callable[[], Any]:
        run = native_run(more, count)

        def work() -> None:
            os.sched_setaffinity(0, cores[:count])
            run()

        return work

    taken = in_turn({"one": on(1), "two": on(2)}, REPEATS)
    os.sched_setaffinity(0, cores[:1])
    ratios = [a / b for a, b in zip(taken["one"], taken["two"], strict=True)]
    print(f"  {more.parameters.shape[1]} members, one core / two cores  {spread(ratios)}")


def phases(path: Path, variable: str, preload: Sequence[str]) -> dict[str, Any]:
    """Time reading, lowering, compiling and a first run in this process."""
    start = time.perf_counter()
    before = set(sys.modules)
    for name in preload:
        __import__(name)
    import flatgov as fg
    from flatgov.kernel.jit import compile_kernel
    from flatgov.kernel.lower import lower

    imported = time.perf_counter()
    model = fg.load_model(path)
    read = time.perf_counter()
    program = lower(model, model.time)
    lowered = time.perf_counter()
    output = int(program.outputs[model.find(variable).name].flat[0])
    constants = {one.name for one in model.variables.values() if one.kind == "constant"}
    varying = [n for n, one in enumerate(program.parameters) if one.variable in constants]
    compile_kernel(program, varying=varying, outputs=[output])
    compiled = time.perf_counter()
    return {
        "imports": imported - start,
        "read": read - imported,
        "lower": lowered - read,
        "compile": compiled - lowered,
        "modules": sorted(set(sys.modules) - before),
    }


def _child(arguments: Sequence[str], cache: str) -> dict[str, Any]:
    command = [sys.executable, __file__, *arguments]
    environment = {**os.environ, "FLATGOV_CACHE_DIR": cache}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr.strip().splitlines()[-1])
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def compare_caches(path: Path, variable: str) -> None:
    """Print the phases from nothing and from the caches, each in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        preload = Path(folder) / "preload.json"
        preload.write_text("[]", encoding="utf-8")
        arguments = ["--phases", str(path), "--variable", variable, "--preload", str(preload)]
        # What these phases import is imported before the clock starts in the runs that count.
        cold_modules = _child(arguments, "")["modules"]
        cache = Path(folder) / "cache"
        _child(arguments, str(cache))
        warm_modules = _child(arguments, str(cache))["modules"]
        for kind, modules in (("cold", cold_modules), ("from the caches", warm_modules)):
            preload.write_text(json.dumps(_importable(modules)), encoding="utf-8")
            runs = []
            for number in range(5):
                where = cache if kind != "cold" else Path(folder) / str(number)
                runs.append(_child(arguments, str(where)))
            for phase in ("imports", "read", "lower", "compile"):
                print(f"  {kind:16} {phase:8} ms {spread([run[phase] for run in runs], 1e-3)}")
            whole = [run["read"] + run["lower"] + run["compile"] for run in runs]
            print(f"  {kind:16} without imports ms {spread(whole, 1e-3)}")


def _importable(modules: Sequence[str]) -> list[str]:
    first = ("flatgov", "numpy", "xarray", "pandas", "llvmlite", "pysd", "lxml", "parsimonious")
    return [name for name in modules if name.split(".")[0] in first and "__" not in name]


def compare_commands() -> None:
    """Print how long the commands take as whole processes, caches warm."""
    flatgov = str(Path(sys.executable).parent / "flatgov")
    study = Path(__file__).parents[1] / "sd_models" / "longgang"
    with tempfile.TemporaryDirectory() as folder:
        out = ["--out", f"{folder}/results"]
        script = f"import flatgov; flatgov.open_study({str(study)!r}).run()"
        commands = {
            "flatgov run, with figures": [flatgov, "run", str(study), *out],
            "open_study(...).run(), no figures": [sys.executable, "-c", script],
            "flatgov --help": [flatgov, "--help"],
            "python -c pass": [sys.executable, "-c", "pass"],
        }
        for name, command in commands.items():

            def work(command: Sequence[str] = command) -> None:
                subprocess.run(command, check=True, capture_output=True, cwd=folder)

            work()
            print(f"  {name:36} s {spread([take_time(work) for _ in range(5)])}")


def main() -> int:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("model", type=Path, nargs="?")
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument(
        "--variable", help="the variable that is kept; the first stock if not given"
    )
    parser.add_argument("--scale", action="store_true", help="measure generated models instead")
    parser.add_argument("--no-stock", action="store_true", help="leave PySD as it comes out")
    parser.add_argument("--phases", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--preload", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.phases:
        preload = json.loads(options.preload.read_text(encoding="utf-8"))
        print(json.dumps(phases(options.phases, options.variable, preload)))
        return 0
    if options.scale:
        from tools.scale import print_curve

        print_curve()
        return 0
    if options.model is None:
        parser.error("give a model, or --scale")
    measure(options)
    return 0


def measure(options: argparse.Namespace) -> None:
    """Print everything about one model."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[-1:])
    case = make_case(options.model, options.members, options.variable)
    print(
        f"{case.model.name}: {len(case.model.variables)} variables, "
        f"{len(case.program.operations)} operations, {case.steps} steps, "
        f"{case.parameters.shape[1]} members, {len(case.varying)} constants vary; "
        f"'{case.variable}' is kept"
    )
    print("one core")
    native = native_run(case)
    compare_with_c(case, native)
    compare_with_python(case, native, stock=not options.no_stock)
    print("reading and compiling, fresh processes")
    compare_caches(options.model, case.variable)
    print("cores")
    compare_cores(case, cores[-2:])
    os.sched_setaffinity(0, cores)
    print(f"commands, {len(cores)} cores")
    compare_commands()


if __name__ == "__main__":
    sys.exit(main())
