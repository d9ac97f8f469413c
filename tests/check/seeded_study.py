"""Mistakes in the files around a model: what studies and reality checks get wrong."""

from __future__ import annotations

from check.seeded_faults import Fault, of_kinds

_SECTIONS = 'units = "Section"\nstart = "2019-10"'
_B13 = 'variables = ["upward backlog", "upward delay", "relative upward delay", "upward lapse"]'
_RANGE = 'low = 40\nhigh = 80\nunits = "Section"'

# By the file of the Longgang study.
STUDY: dict[str, tuple[Fault, ...]] = {
    "policies.toml": of_kinds(
        "reading",
        {
            "a variable that is none": (
                (
                    'variable = "grid in operation"',
                    'variable = "grid in opration"',
                    "policies.actual.changes #5 variable",
                    "grid in opration",
                ),
                (
                    'headline = ["administrative cost", "work',
                    'headline = ["administrative costs", "work',
                    "study.headline",
                    "administrative costs",
                ),
            ),
            "a variable that cannot be changed": (
                (
                    'variable = "planned digital spending"\noperation = "set"\nvalue = 9',
                    'variable = "digital investment"\noperation = "set"\nvalue = 9',
                    "policies.digital.changes #1 variable",
                    "digital investment",
                ),
            ),
            "a value in another unit": (
                (
                    'value = 26\nunits = "Unit"',
                    'value = 26\nunits = "Department"',
                    "policies.actual.changes #1 units",
                    "Department",
                ),
            ),
            "a value out of limits": (
                (
                    'variable = "departments"\noperation = "set"\nvalue = 15',
                    'variable = "departments"\noperation = "set"\nvalue = -15',
                    "policies.districts.changes #5 value",
                    "-15",
                ),
                (
                    'variable = "super department mandate"\noperation = "set"\nvalue = 1\n',
                    'variable = "super department mandate"\noperation = "set"\nvalue = 100\n',
                    "policies.districts.changes #6 value",
                    "100",
                ),
            ),
            "a date that is none, or in the wrong place": (
                (
                    _SECTIONS,
                    _SECTIONS.replace("10", "13"),
                    "policies.districts.changes #2 start",
                    "2019-13",
                ),
                (
                    _SECTIONS,
                    _SECTIONS.replace("2019", "2035"),
                    "policies.districts.changes #2 start",
                    '"2035-10"',
                ),
                (
                    'end = "2021-09"',
                    'end = "2021-06"',
                    "policies.actual.changes #2 end",
                    '"2021-06"',
                ),
            ),
            "a claim or a policy that is none": (
                (
                    'claims = [105, 106]\nextends = ["actual"]',
                    'claims = [105, 999]\nextends = ["actual"]',
                    "policies.platform.claims",
                    "[105, 999]",
                ),
                (
                    'extends = ["package", "platform"]',
                    'extends = ["package", "plattform"]',
                    "policies.full.extends",
                    "plattform",
                ),
            ),
            "policies that extend each other": (
                (
                    'extends = ["package", "platform"]',
                    'extends = ["package", "full"]',
                    "policies.full.extends",
                    '["package", "full"]',
                ),
            ),
            "TOML that is none": (
                ("value = 1.52", "vlaue = 1.52", "policies.districts.changes #14 vlaue", "vlaue"),
                ("value = 1.52", "value = 1,52", "", "1,52"),
            ),
        },
    ),
    "scenarios.toml": of_kinds(
        "reading",
        {
            "a scenario that is none": (
                ('default = "fieldwork"', 'default = "field work"', "default", "field work"),
            ),
            "percent in place of a share": (
                (
                    'variable = "delisting by integration"\noperation = "set"\nvalue = 0.3',
                    'variable = "delisting by integration"\noperation = "set"\nvalue = 30',
                    "scenarios.official.changes #1 value",
                    "30",
                ),
            ),
        },
    ),
    "uncertainty.toml": of_kinds(
        "reading",
        {
            "an uncertain variable that is none": (
                (
                    '[parameters."sections"]',
                    '[parameters."section"]',
                    "parameters.section",
                    "section",
                ),
            ),
            "a range upside down": (
                (_RANGE, _RANGE.replace("40", "90"), "parameters.sections.high", "80"),
            ),
            "a range in another unit": (
                (
                    _RANGE,
                    _RANGE.replace("Section", "Person"),
                    "parameters.sections.units",
                    "Person",
                ),
            ),
            "a range out of limits": (
                (
                    'low = 0\nhigh = 0.5\nreason = "Nobody has counted',
                    'low = 0\nhigh = 50\nreason = "Nobody has counted',
                    "parameters.largest online self service.high",
                    "50",
                ),
            ),
            "a distribution that is none": (
                (
                    'distribution = "triangular"\nlow = 380000',
                    'distribution = "triangle"\nlow = 380000',
                    "parameters.initial population.distribution",
                    "triangle",
                ),
                (
                    "weights = [1, 2, 3, 2, 1]\nunits",
                    "weights = [1, 2, 3, 2]\nunits",
                    "parameters.upper offices per section.weights",
                    "[1, 2, 3, 2]",
                ),
            ),
        },
    ),
    "evidence.toml": of_kinds(
        "reading",
        {
            "a loop that the model does not have": (
                (
                    _B13,
                    _B13.replace('"upward delay", ', ""),
                    "loops.B13.variables",
                    "relative upward delay",
                ),
                (
                    _B13,
                    _B13.replace('"upward delay"', '"upward delays"'),
                    "loops.B13.variables",
                    "upward delays",
                ),
            ),
        },
    ),
}

# In the reality checks of the clinic.
STATEMENTS = of_kinds(
    "reality",
    {
        "a statement about a variable that is none": (
            (
                'variable = "surge"',
                'variable = "surges"',
                "reality.surge.changes #1 variable",
                "surges",
            ),
            (
                "at('waiting' of when, end) < 1",
                "at('wating' of when, end) < 1",
                "reality.nobody.expect #1",
                "wating",
            ),
        ),
    },
)
