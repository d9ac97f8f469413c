"""Stock-flow models of flattened local government, run under reform policies.

    import flatgov as fg

    model = fg.load_model("teacup.mdl")
    study = fg.open_study("sd_models/longgang")

Names are imported when first used, so that the command line answers at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from flatgov.errors import FlatgovError, ModelError, RunError, StudyError

if TYPE_CHECKING:
    from flatgov.model import Model as Model
    from flatgov.reading import load_model as load_model
    from flatgov.study import Study as Study
    from flatgov.study import open_study as open_study

__version__ = "0.1.0"
__all__ = [
    "FlatgovError",
    "Model",
    "ModelError",
    "RunError",
    "Study",
    "StudyError",
    "__version__",
    "load_model",
    "open_study",
]

_HOMES = {
    "Model": "flatgov.model",
    "load_model": "flatgov.reading",
    "Study": "flatgov.study",
    "open_study": "flatgov.study",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'flatgov' has no attribute '{name}'")
