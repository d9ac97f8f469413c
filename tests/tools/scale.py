"""Measures how time and memory grow with the size of a model."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

VARIABLES = (1000, 2000, 5000, 10_000, 20_000)
SUBSCRIPTS = (10, 20, 50, 100)
_CONTROL = """
FINAL TIME = 10 ~ Year ~ |
INITIAL TIME = 0 ~ Year ~ |
TIME STEP = 0.25 ~ Year ~ |
SAVEPER = TIME STEP ~ Year ~ |
"""


def flat_model(variables: int) -> str:
    """Write a model of many variables: in each sector a stock, a table and six others."""
    parts = ["{UTF-8}"]
    sectors = variables // 8
    for n in range(sectors):
        other = (n * 7 + 3) % sectors
        parts += [
            f"stock {n} = INTEG(inflow {n} - outflow {n}, {10 + n % 5}) ~ ~ |",
            f"inflow {n} = rate {n} * stock {n} * effect {n} ~ ~ |",
            f"outflow {n} = MAX(stock {n} / life {n}, 0) * share {n} ~ ~ |",
            f"rate {n} = {0.02 + n % 7 / 100} ~ ~ |",
            f"life {n} = {5 + n % 11} ~ ~ |",
            f"share {n} = stock {n} / (stock {n} + stock {other} + 1) ~ ~ |",
            f"effect {n} = table {n}(stock {other} / (10 + stock {n})) ~ ~ |",
            f"table {n}((0,1.2),(0.5,1),(1,0.8),(2,0.5),(4,{0.1 + n % 3 / 10})) ~ ~ |",
        ]
    return "\n".join(parts) + _CONTROL


def subscripted_model(size: int) -> str:
    """Write a model with two ranges of a size: flows between all pairs, sums over rows."""
    ranges = [
        f"{name}: {', '.join(f'{name}{n}' for n in range(size))} ~ ~ |" for name in ("row", "col")
    ]
    return (
        "\n".join(
            [
                "{UTF-8}",
                *ranges,
                "stock[row,col] = INTEG(gain[row,col] - loss[row,col], 10) ~ ~ |",
                "gain[row,col] = rate * total[row] * IF THEN ELSE(stock[row,col] > 5, 1, 2) ~ ~ |",
                "loss[row,col] = stock[row,col] / life[col] ~ ~ |",
                "total[row] = SUM(stock[row,col!]) ~ ~ |",
                "life[col] = 8 ~ ~ |",
                "rate = 0.01 ~ ~ |",
            ]
        )
        + _CONTROL
    )


def measure(path: Path) -> dict[str, Any]:
    """Time a model in this process: reading, lowering, compiling for one and for all variables."""
    import flatgov as fg
    from flatgov.kernel.execute import Batch, run_batch
    from flatgov.kernel.jit import compile_kernel
    from flatgov.kernel.lower import lower

    times = [time.perf_counter()]
    model = fg.load_model(path)
    times.append(time.perf_counter())
    program = lower(model, model.time)
    times.append(time.perf_counter())
    every = [int(number) for array in program.outputs.values() for number in array.flat]
    one = next(array for name, array in program.outputs.items() if name.startswith("stock"))
    compile_kernel(program, outputs=[int(one.flat[0])])
    times.append(time.perf_counter())
    kernel = compile_kernel(program, outputs=every)
    times.append(time.perf_counter())
    run_batch(kernel, Batch(64), 40, 1, threads=1)
    times.append(time.perf_counter())
    names = ("read", "lower", "compile one", "compile all", "run 64")
    taken = {name: times[n + 1] - times[n] for n, name in enumerate(names)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"operations": len(program.operations), **taken, "peak": peak}


def print_curve() -> None:
    """Print a table with a row for each size, each measured in a fresh process, no caches."""
    columns = ("operations", "read", "lower", "compile one", "compile all", "run 64", "peak")
    print("seconds; peak memory in MiB; 'all': every variable is saved, 'one': a single stock")
    print(f"{'model':>16}" + "".join(f"{name:>13}" for name in columns))
    models = [(f"{n} variables", flat_model(n)) for n in VARIABLES]
    models += [(f"{n} x {n}", subscripted_model(n)) for n in SUBSCRIPTS]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.mdl"
        for name, text in models:
            path.write_text(text, encoding="utf-8")
            command = [sys.executable, __file__, str(path)]
            done = subprocess.run(
                command, env={"FLATGOV_CACHE_DIR": ""}, capture_output=True, text=True
            )
            if done.returncode:
                print(f"{name:>16}  fails: {(done.stderr.strip() or 'killed').splitlines()[-1]}")
                continue
            row = json.loads(done.stdout)
            cells = [f"{row['operations']:>13}", *(f"{row[key]:13.2f}" for key in columns[1:-1])]
            print(f"{name:>16}" + "".join(cells) + f"{row['peak']:13.0f}", flush=True)


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
