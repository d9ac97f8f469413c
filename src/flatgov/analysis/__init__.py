"""Datasets of an ensemble → what they say: effects, timing, sensitivity, behaviour."""
