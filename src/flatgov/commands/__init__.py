"""The commands that analyse ensembles, one file each; `flatgov.cli` registers them."""
