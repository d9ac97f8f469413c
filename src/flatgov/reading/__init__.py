"""Model files → `Model`. A model file is data: nothing of it is ever run as code."""

from flatgov.reading.load import load_model, translate

__all__ = ["load_model", "translate"]
