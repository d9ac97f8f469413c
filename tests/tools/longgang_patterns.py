"""The behaviour tests of the Longgang study once more, by hand: no part of the little language.

Months are those of the prose of evidence.toml, and the policies that only tests use are put
together from the changes of others.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from flatgov.model import Change
from flatgov.study import Study
from flatgov.study.policies import Policy

THREE_IN_ONE, FIELDWORK, PROPOSALS, END = 66, 70, 96, 180
STARTS = (72, 84, 96, 108, 120)

# Gives the course of a variable under a policy: one number a month, from month 0 on.
Run = Callable[[str, str], np.ndarray]


def with_own_policies(study: Study) -> Study:
    """Add the policies that only the tests use."""
    package = study.policies["package"].changes
    own = {
        f"package from {start}": [
            replace(change, start=float(start)) if change.start == PROPOSALS else change
            for change in package
        ]
        for start in STARTS
    }
    community, platform = (study.policies[name].changes for name in ("community", "platform"))
    own["both"] = [*community, *(change for change in platform if change not in community)]
    own["still"] = [Change("population growth fraction", "set", 0.0, 0.0)]
    added = {name: Policy(name, {}, "", (), tuple(changes)) for name, changes in own.items()}
    return replace(study, policies={**study.policies, **added})


def verdicts(run: Run, stocks: Iterable[str]) -> dict[str, bool]:
    """Tell which patterns the runs of a scenario show."""

    def at(policy: str, variable: str, month: int) -> float:
        return float(run(policy, variable)[month])

    def gain(policy: str) -> float:
        return at(policy, "cadre morale", END) - at("actual", "cadre morale", END)

    def moves(policy: str, stock: str, last: int) -> float:
        course = run(policy, stock)[: last + 1]
        return float(abs(course - course[0]).max()) / (abs(course[0]) or 1.0)

    def pulls(policy: str, variable: str, sign: int) -> bool:
        return sign * (at(policy, variable, END) - at("actual", variable, END)) > 0

    morale, pressure, cost = "cadre morale", "work pressure", "administrative cost"
    town = run("town", morale)[:45]
    load = run("town", pressure)[:45]
    ratio = run("actual", cost)[50:] / run("town", cost)[50:]
    relative = run("actual", "cost relative to comparable county")[50:]
    role = run("actual", "middle layer role")
    lowest = role[THREE_IN_ONE : FIELDWORK + 1].min()
    front, departments = run("actual", "frontline morale"), run("actual", "department morale")
    later = [at(f"package from {start}", morale, END) for start in STARTS]
    workload = run("actual", "workload relative to comparable county")[57:]
    end_of_town = at("town", morale, END)
    return {
        "P0": bool(
            abs(town / town[0] - 1).max() < 0.05
            and load.min() >= 0.8
            and load.max() <= 1.05
            and all(moves("town", stock, 44) < 0.02 for stock in stocks)
            and all(moves("still", stock, END) < 5e-4 for stock in stocks)
        ),
        "P1": bool(ratio.min() > 1.2 and relative.max() < 0.6),
        "P2": at("actual", morale, FIELDWORK) < 0.8 * at("actual", morale, 44)
        and at("actual", "effective layers", FIELDWORK) < at("actual", "effective layers", 44),
        "P3": at("actual", pressure, 44) < at("actual", pressure, 57) < at("actual", pressure, 48),
        "P4": bool(
            (np.diff(role[48 : THREE_IN_ONE + 1]) > 0).all() and role[THREE_IN_ONE] > role[44]
        ),
        "P5": bool(
            lowest < role[THREE_IN_ONE] and role[FIELDWORK] > lowest and role[PROPOSALS] > role[44]
        ),
        "P6": bool(
            front[FIELDWORK] < departments[FIELDWORK]
            and abs(front[:45] / departments[:45] - 1).max() < 0.02
        ),
        "P7": at("actual", "frontline cadres", FIELDWORK) < at("actual", "frontline cadres", 44)
        and at("actual", "total cadres", FIELDWORK) > at("actual", "total cadres", 44),
        "P8": all(
            gain(policy) > 0 and at(policy, morale, END) < end_of_town
            for policy in ("digital", "community", "autonomy")
        )
        and at("package", morale, END) >= 0.95 * end_of_town
        and pulls("digital", pressure, -1)
        and pulls("digital", "full effort per upward task", -1)
        and pulls("community", pressure, -1)
        and pulls("community", "fresh service inflow", -1)
        and pulls("community", "active participants", 1)
        and pulls("autonomy", "department reward adequacy", 1)
        and pulls("autonomy", "frontline promotion prospect", 1),
        "P9": all(sooner > after for sooner, after in itertools.pairwise(later)),
        "P10": gain("both") > gain("community") + gain("platform"),
        "P11": at("full", cost, END) < at("package", cost, END)
        and at("full", morale, END) > at("package", morale, END),
        "P12": at("staffing", pressure, END) < at("actual", pressure, END)
        and at("staffing", cost, END) > at("actual", cost, END),
        "P13": bool(workload.min() >= 2.5 and workload.max() <= 5.0),
        "P15": all(
            at("platform", variable, 108) > at("actual", variable, 108)
            for variable in ("department pressure", "administrative hours in communities", morale)
        ),
    }
