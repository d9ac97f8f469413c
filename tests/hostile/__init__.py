"""Hostile files: each must be refused in one line, or give the right numbers, at no great cost."""
