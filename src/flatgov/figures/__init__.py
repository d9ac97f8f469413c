"""Figures of a study's or a model's run, in English and Chinese."""

from flatgov.figures.analyses import draw_behaviour, draw_sensitivity, draw_timing
from flatgov.figures.draw import draw_figures, draw_model_figures
from flatgov.figures.helper import drawing_helper

__all__ = [
    "draw_behaviour",
    "draw_figures",
    "draw_model_figures",
    "draw_sensitivity",
    "draw_timing",
    "drawing_helper",
]
