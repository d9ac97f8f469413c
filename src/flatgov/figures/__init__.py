"""Figures of a study's or a model's run, in English and Chinese.

Names are imported when first used: who leaves the drawing to `drawing_helper` needs no matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flatgov.figures.analyses import draw_behaviour as draw_behaviour
    from flatgov.figures.analyses import draw_sensitivity as draw_sensitivity
    from flatgov.figures.analyses import draw_timing as draw_timing
    from flatgov.figures.draw import draw_figures as draw_figures
    from flatgov.figures.draw import draw_model_figures as draw_model_figures
    from flatgov.figures.helper import draw_model_apart as draw_model_apart
    from flatgov.figures.helper import drawing_helper as drawing_helper

_HOMES = {
    "draw_behaviour": "analyses",
    "draw_figures": "draw",
    "draw_model_apart": "helper",
    "draw_model_figures": "draw",
    "draw_sensitivity": "analyses",
    "draw_timing": "analyses",
    "drawing_helper": "helper",
}

__all__ = [
    "draw_behaviour",
    "draw_figures",
    "draw_model_apart",
    "draw_model_figures",
    "draw_sensitivity",
    "draw_timing",
    "drawing_helper",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"flatgov.figures.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'flatgov.figures' has no attribute '{name}'")
