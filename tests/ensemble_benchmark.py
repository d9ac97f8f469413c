"""How long the draws of a study take: in threads, in processes, on a local Dask cluster.

``python tests/ensemble_benchmark.py [STUDY] [--draws 10000] [--times 3]`` runs `flatgov run` in a
process of its own for each, one after the other, and compares the stores that they leave. Read the
ratios: they are of one machine in one run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import flatgov as fg
from flatgov.run.place import file_sizes
from flatgov.run.store import STORE, read_results

LONGGANG = Path(__file__).parents[1] / "sd_models" / "longgang"
GIB = 1 << 30


def run(study: Path, out: Path, draws: int, where: Sequence[str]) -> tuple[float, float, int]:
    """Run the command.

    Returns:
        The seconds of all of it, the processor seconds, and the largest bytes in memory.
    """
    saved = [text for name in fg.open_study(study).headline for text in ("--save", name)]
    call = [sys.executable, "-c", "from flatgov.cli import main; main()", "run", str(study)]
    call += ["--out", str(out), "--draws", str(draws), "--seed", "1", *saved, *where]
    begun = time.perf_counter()
    process = os.spawnv(os.P_NOWAIT, sys.executable, call)
    _, status, used = os.wait4(process, 0)
    seconds = time.perf_counter() - begun
    if status:
        raise SystemExit(f"flatgov run {' '.join(where)} failed")
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


@contextmanager
def two_dask_workers() -> Iterator[str]:
    """Start a scheduler and two workers of one thread each; give its address."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


def same_content(one: Path, other: Path) -> bool:
    """Compare two stores file by file; the time at which each was made is no content."""
    names = file_sizes(one / STORE).keys()
    if names != file_sizes(other / STORE).keys():
        return False
    return all(_content(one / STORE / name) == _content(other / STORE / name) for name in names)


def _content(path: Path) -> bytes:
    if path.name != "zarr.json" or path.parent.name != STORE:
        return path.read_bytes()
    group = json.loads(path.read_text(encoding="utf-8"))
    group["attributes"].pop("created_at")
    return json.dumps(group, sort_keys=True).encode()


def main() -> None:
    """Run the comparison and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("study", nargs="?", type=Path, default=LONGGANG)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=3, help="repetitions of each")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="flatgov-benchmark-"))
    found: dict[str, list[tuple[float, float, int]]] = {}
    try:
        with two_dask_workers() as address:
            ways = {
                "threads": [],
                "--workers 2": ["--workers", "2"],
                "--cluster, 2 workers": ["--cluster", address],
            }
            for _ in range(arguments.times):
                for place, (name, where) in enumerate(ways.items()):
                    out = folder / str(place)
                    used = run(arguments.study, out, arguments.draws, where)
                    found.setdefault(name, []).append(used)
        ds = read_results(folder / "0")
        members = ds["status"].size
        equal = [same_content(folder / "0", folder / str(place)) for place in range(1, len(ways))]
        _print(found, members, len(ds["time"]), equal)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _print(
    found: dict[str, list[tuple[float, float, int]]], members: int, points: int, equal: list[bool]
) -> None:
    print(f"{members:,} members, {points} points kept, all of `flatgov run` with its figures")
    base = statistics.median(seconds for seconds, _, _ in next(iter(found.values())))
    for name, runs in found.items():
        seconds = [one[0] for one in runs]
        middle = statistics.median(seconds)
        memory = max(one[2] for one in runs) / GIB
        print(
            f"  {name:22} {middle:6.1f} s [{min(seconds):.1f}, {max(seconds):.1f}]"
            f"  {middle / base:5.2f} times threads  {memory:.2f} GiB at most"
        )
    print("  the stores have the same content" if all(equal) else "  THE STORES DIFFER")


if __name__ == "__main__":
    main()
