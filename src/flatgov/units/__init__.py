"""Dimensional analysis: unit texts, an algebra of units, the units of equations."""
