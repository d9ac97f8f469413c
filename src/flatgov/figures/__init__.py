"""Figures of a study's or a model's run, in English and Chinese."""

from flatgov.figures.draw import draw_figures, draw_model_figures

__all__ = ["draw_figures", "draw_model_figures"]
