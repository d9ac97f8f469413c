"""Runs hostile cases, each in a process of its own with bounded time and memory.

    python -m hostile.runner NAME…      (in the folder tests)

Prints a line of JSON for each case: how it ended, what was said, seconds, peak memory.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hostile import files, models, results, routes, studies

CASES: dict[str, Callable[[Path], object]] = {
    **routes.CASES,
    **models.CASES,
    **files.CASES,
    **studies.CASES,
    **results.CASES,
}

_SECONDS = 20  # of processor time, after which a case is ended: it hangs
_ADDRESSES = 6 * 2**30  # bytes: libraries reserve much that they never use


def main(names: list[str]) -> None:
    """Run the cases of some names."""
    import flatgov.kernel.jit  # noqa: F401 (once, before the processes part)
    from flatgov.reading import vensim, xmile  # noqa: F401 (the same)

    np.ones(1)
    for name in names:
        print(json.dumps(_run(name)), flush=True)


def _run(name: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        begun = time.perf_counter()
        child = os.fork()
        if not child:
            _child(name, Path(folder), answer)
        _, status, used = os.wait4(child, 0)
        found = {"end": f"killed ({status})", "says": ""}
        if answer.exists():
            found = json.loads(answer.read_text(encoding="utf-8"))
        canary = (Path(folder) / routes.CANARY).exists()
        scale = 1 if sys.platform == "darwin" else 1024
        return {
            "name": name,
            **found,
            "canary": canary,
            "seconds": time.perf_counter() - begun,
            "memory": used.ru_maxrss * scale,
        }


def _child(name: str, folder: Path, answer: Path) -> None:
    from flatgov import FlatgovError

    end, says = "right", ""
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        if sys.platform == "linux":
            resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
        place = folder / "case"
        place.mkdir()
        (folder / "secret.csv").write_text("0,s3cret\n1,2\n", encoding="utf-8")
        os.chdir(place)
        try:
            CASES[name](place)
        except FlatgovError as error:
            end, says = "refused", str(error)
    except BaseException as error:
        end, says = "broken", f"{type(error).__name__}: {error}"[:2000]
    try:
        answer.write_text(json.dumps({"end": end, "says": says}), encoding="utf-8")
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:] or list(CASES))
