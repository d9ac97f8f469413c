"""The numerical health checks, in the order in which reports show them."""

from __future__ import annotations

from flatgov.check import (
    numerical_balance,
    numerical_constants,
    numerical_finite,
    numerical_negative,
    numerical_start,
    numerical_step,
)
from flatgov.check.subject import Check

CHECKS: tuple[Check, ...] = (
    *numerical_finite.CHECKS,
    *numerical_negative.CHECKS,
    *numerical_step.CHECKS,
    *numerical_constants.CHECKS,
    *numerical_balance.CHECKS,
    *numerical_start.CHECKS,
)
