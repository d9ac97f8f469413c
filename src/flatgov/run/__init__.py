"""A model and its changes → a dataset."""
