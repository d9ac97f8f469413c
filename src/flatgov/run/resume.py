"""Which run the finished blocks of a folder are of, so that no other run goes on with them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flatgov import __version__
from flatgov.errors import RunError, StudyError
from flatgov.run.ensemble import Job, Layout
from flatgov.run.place import Place, join, read_bytes, write_bytes

RUN = "run.json"
MARKERS = "done"
# In results that are a disk of their own: what draws grow in.
DRAWS = ".flatgov-draws"
_LOCK = "lock"
_PACKAGES = ("numpy", "scipy")  # The draws hang on them.


def fingerprint(job: Job, layout: Layout, study_hash: str) -> dict[str, Any]:
    """Give all that the bytes of an ensemble follow from, as JSON can hold it."""
    plans = [[astuple(change) for change in plan] for plan in job.plans]
    table = job.design.table
    return {
        "flatgov": __version__,
        **{package: version(package) for package in _PACKAGES},
        "model": job.model.hash,
        "time": list(astuple(job.model.time)),
        "study": study_hash,
        "policies": list(layout.policies),
        "scenarios": [layout.scenario] if layout.scenarios is None else list(layout.scenarios),
        "scenario dimension": layout.scenarios is not None,
        "save": list(job.save),
        "method": job.design.method,
        "draws": layout.draws,
        "seed": job.design.seed,
        "model seed": job.seed,
        "table": "" if table is None else hashlib.sha256(table.tobytes()).hexdigest(),
        "factors": [factor.name for factor in job.uncertainty.factors],
        "plans": hashlib.sha256(json.dumps([plans, layout.plan_of]).encode()).hexdigest(),
        "block": layout.block,
    }


def write_fingerprint(place: Place, mark: dict[str, Any]) -> None:
    """Write ``run.json``, which says that a store is ready for blocks of this run."""
    text = json.dumps(mark, indent=2, ensure_ascii=False)
    write_bytes(join(place, RUN), f"{text}\n".encode())


def run_mark(place: Place) -> str:
    """Give a hash that tells the run of a place from others; nothing if there is none."""
    try:
        return hashlib.sha256(read_bytes(join(place, RUN))).hexdigest()
    except FileNotFoundError:
        return ""


def read_fingerprint(place: Place) -> dict[str, Any] | None:
    """Give the fingerprint of the run that was interrupted, or None if there is none."""
    try:
        mark = json.loads(read_bytes(join(place, RUN)))
    except (FileNotFoundError, ValueError):
        return None
    return mark if isinstance(mark, dict) else None


def is_begun(place: Place) -> bool:
    """Tell whether a run was interrupted in a place."""
    return read_fingerprint(place) is not None


def check_same(place: Place, mark: dict[str, Any]) -> None:
    """Refuse to go on with another run than the one that was interrupted.

    Args:
        place: The folder of the run; nothing is refused if none was interrupted there.
        mark: The fingerprint of this run.

    Raises:
        StudyError: They differ; the message names each difference.
    """
    earlier = read_fingerprint(place)
    if earlier is None or earlier == mark:
        return
    raise StudyError(
        f"this is not the run that was interrupted: {'; '.join(_differences(earlier, mark))}",
        where=str(place),
        fix="leave out --resume to start anew, or run with the same input",
    )


def _differences(earlier: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Say in words how two runs differ; a consequence of something else is not named beside it."""
    other = [key for key in now if earlier.get(key) != now[key]]
    found = []
    if "model" in other:
        found.append("the model has changed")
    elif "time" in other:
        found.append("the time settings have changed")
    elif "study" in other:
        found.append("the policies, scenarios or uncertain quantities of the study have changed")
    for key, text in (
        ("flatgov", "flatgov {}"),
        *((package, f"{package} {{}}") for package in _PACKAGES),
        ("method", "the design {}"),
        ("draws", "{} draws"),
        ("seed", "seed {}"),
        ("model seed", "seed {} of the model's random numbers"),
    ):
        if key in other:
            had, has = text.format(earlier.get(key)), text.format(now[key])
            if key != "model seed" or "seed" not in other:  # One option gives both.
                found.append(f"the interrupted run had {had}, this one has {has}")
    for key, what in (
        ("policies", "policies"),
        ("scenarios", "scenarios"),
        ("save", "saved variables"),
        ("factors", "uncertain quantities"),
    ):
        if key in other:
            found.append(_list_difference(what, earlier.get(key) or [], now[key]))
    if "table" in other:
        found.append("the table of draws has other values")
    if not found and "scenario dimension" in other:
        found.append("one of the two names its scenario and the other does not")
    if not found and "plans" in other:
        found.append("other values are given with --set")
    return found or ["its blocks are cut in another way"]


def _list_difference(what: str, earlier: Sequence[object], now: Sequence[object]) -> str:
    gone = _some([one for one in earlier if one not in now])
    new = _some([one for one in now if one not in earlier])
    if not gone and not new:
        return f"the {what} stand in another order"
    parts = [f"without {gone}"] if gone else []
    parts += [f"with {new} more"] if new else []
    return f"this one has other {what}: {' and '.join(parts)}"


def _some(names: Sequence[object]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:3])
    return f"{shown} and {len(names) - 3} others" if len(names) > 3 else shown


def working_folder(folder: Place) -> Place:
    """Give the folder that an ensemble grows in until it is complete.

    Args:
        folder: Of the results.

    Returns:
        A hidden folder on the same disk, so that the store is moved and not copied at the end. An
        address itself, where nothing can be moved.
    """
    if not isinstance(folder, Path):
        return folder
    target = folder.resolve()
    if os.path.ismount(target):  # What is beside it is another disk.
        return target / DRAWS
    return target.parent / f".{target.name}.draws"


@contextmanager
def claimed(place: Place) -> Iterator[None]:
    """Keep other runs of this machine out of a folder while the block runs.

    The system lets go of it when the process ends, however it ends.

    Args:
        place: The folder of a run; made if missing. Nothing guards an address.

    Raises:
        RunError: Another run is going on there.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    if not isinstance(place, Path):
        yield
        return
    place.mkdir(parents=True, exist_ok=True)
    with (place / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunError(
                "another run is writing its draws here",
                where=str(place),
                fix="wait until it ends, or choose another --out",
            ) from None
        try:
            yield
        finally:
            if [path.name for path in place.glob("*")] == [_LOCK]:  # Nothing to go on with.
                shutil.rmtree(place, ignore_errors=True)
