"""The copy of a study or a model beside its results, so that they can be read by themselves."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from flatgov.model import Model
from flatgov.reading.data_files import data_names
from flatgov.study.toml import is_inside

if TYPE_CHECKING:
    from flatgov.study.study import Study

_DATA = "data"  # the folder of the files that `--data` named


def copy_source(source: Study | Model, target: Path) -> list[Path]:
    """Copy a study's folder or a model's file, with the other files that the model reads.

    Args:
        source: The study or the model. A link out of a study's folder is left out: results are
            often passed on.
        target: Made; it must not exist. What the model reads lies there where it lies beside it.

    Returns:
        The copies of the files of data that were given for the model, in their order.

    Raises:
        OSError: A file is no longer there.
    """
    target.mkdir()
    model = source if isinstance(source, Model) else source.model
    folder = Path(model.path).parent
    files = [Path(model.path)] if isinstance(source, Model) else sorted(source.folder.iterdir())
    for path in files:
        if path.is_file() and not path.name.startswith(".") and is_inside(path):
            shutil.copyfile(path, target / path.name)
    given = data_names(model.data)
    for name in model.files.keys() - given:
        place = os.path.normpath(name.replace("\\", "/"))
        # A name from the root, or by way of a folder above, means nothing in the copy.
        if not os.path.isabs(place) and not place.startswith(os.pardir):
            _copy(folder / place, target / place)
    # Each in a folder of its own: two may have one name, which is part of the model's hash.
    copies = [
        target / _DATA / str(number) / Path(file).name for number, file in enumerate(model.data, 1)
    ]
    for file, copy in zip(model.data, copies, strict=True):
        _copy(Path(file), copy)
    return copies


def _copy(path: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, copy)
