"""Model files → `Model`. A model file is data: nothing of it is ever run as code."""

import warnings
from importlib import import_module

with warnings.catch_warnings():  # PySD imports a deprecated module of chardet
    warnings.simplefilter("ignore")
    import_module("pysd")

from flatgov.reading.load import load_model, translate

__all__ = ["load_model", "translate"]
