"""The Longgang study: where it is, and a copy to start from."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

from flatgov.errors import StudyError

_STUDY = Path("sd_models", "longgang")


def longgang_folder() -> Path:
    """Find the Longgang study: under the current folder, else the one that came with flatgov."""
    package = Path(str(files("flatgov")))
    # In a wheel the study is part of the package; in a checkout it stands beside `src`.
    for folder in (_STUDY, package / _STUDY, package.parents[1] / _STUDY):
        if folder.is_dir():
            return folder
    raise StudyError(
        "the Longgang study is missing from this installation", fix="reinstall flatgov"
    )


def copy_longgang(folder: Path) -> list[Path]:
    """Copy the Longgang study.

    Args:
        folder: New or empty.

    Returns:
        The files written.

    Raises:
        StudyError: The folder has something in it.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        what = "is not empty" if folder.is_dir() else "is a file"
        raise StudyError(what, where=str(folder), fix="name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    source = longgang_folder()
    names = sorted(path.name for path in source.iterdir() if path.is_file())
    return [Path(shutil.copyfile(source / name, folder / name)) for name in names]
