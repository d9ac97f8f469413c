"""Model files → `Model`. A model file is data: nothing of it is ever run as code."""

import warnings

with warnings.catch_warnings():  # PySD imports a deprecated module of chardet
    warnings.simplefilter("ignore")
    import pysd  # noqa: F401

from flatgov.reading.load import load_model, translate

__all__ = ["load_model", "translate"]
