"""Let PySD write and load the Python of an anonymised model, in a folder of its own."""

from __future__ import annotations

import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pysd.builders.python import python_model_builder
from pysd.py_backend.model import Model as PysdModel
from pysd.translators.structures.abstract_model import (
    AbstractComponent,
    AbstractControlElement,
    AbstractModel,
)

from flatgov.errors import ModelError
from flatgov.model import Model
from flatgov.reading import translate
from flatgov.run.anonymise import anonymise

_lock = threading.RLock()
_built: dict[tuple[str, str], Code] = {}
_CONTROLS = ("initial_time", "final_time", "time_step", "saveper")


@dataclass(frozen=True)
class Code:
    """PySD's Python of a model.

    Attributes:
        files: The text of each file by its name; ``model.py`` is the main one.
        names: The name of each variable in the code by its canonical name in the model.
    """

    files: dict[str, str]
    names: dict[str, str]


def build(model: Model) -> Code:
    """Write a model as PySD's Python; kept for later runs of the same model.

    Raises:
        ModelError: PySD cannot express the model.
    """
    key = (model.hash, Path(model.path).suffix.lower())
    with _lock:
        if key not in _built:
            abstract, names = anonymise(translate(model), model.path)
            _replace_controls(abstract)
            if len(_built) >= 8:
                _built.pop(next(iter(_built)))
            _built[key] = Code(_write(abstract, model.path), names)
        return _built[key]


def load(code: Code) -> PysdModel:
    """Load a fresh, uninitialised PySD model."""
    with tempfile.TemporaryDirectory(prefix="flatgov-") as folder:
        for name, text in code.files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        return PysdModel(Path(folder) / "model.py", None, None, False, "warning")


def _replace_controls(abstract: AbstractModel) -> None:
    """Put zeros for the control variables: a run sets them, and PySD's SAVEPER is TIME STEP."""
    section = abstract.sections[0]
    others = [element for element in section.elements if element.name not in _CONTROLS]
    zero = AbstractComponent(subscripts=([], []), ast=0.0)
    controls = [AbstractControlElement(name, [zero]) for name in _CONTROLS]
    section.elements = [*others, *controls]


def _write(abstract: AbstractModel, where: str) -> dict[str, str]:
    with tempfile.TemporaryDirectory(prefix="flatgov-") as folder, _unformatted():
        for section in abstract.sections:
            section.path = Path(folder) / section.path.name
        try:
            python_model_builder.ModelBuilder(abstract).build_model()
        except (
            KeyError,
            ValueError,
            IndexError,
            TypeError,
            AttributeError,
            RecursionError,
        ) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ModelError(f"PySD cannot express the model ({reason})", where=where) from None
        return {path.name: path.read_text(encoding="utf-8") for path in Path(folder).glob("*.py")}


@contextmanager
def _unformatted() -> Iterator[None]:
    """Keep PySD from formatting its code with black, which takes most of the time."""
    module: Any = python_model_builder
    black = module.black
    module.black = SimpleNamespace(
        format_file_contents=lambda text, fast, mode: text, FileMode=lambda: None
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        module.black = black
