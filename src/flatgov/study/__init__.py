"""Policies, scenarios and evidence: TOML files → validated frozen objects."""

from flatgov.study.calendar import Calendar
from flatgov.study.load import open_study
from flatgov.study.policies import Policy, Scenario
from flatgov.study.study import Study

__all__ = ["Calendar", "Policy", "Scenario", "Study", "open_study"]
