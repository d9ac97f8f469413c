"""Mistakes in the Longgang model that leave it readable."""

from __future__ import annotations

from check.seeded_faults import Fault, of_kinds

_UNITS = of_kinds(
    "units",
    {
        "the wrong unit declared": (
            (
                "~\tTask/Month\n\t~\tItems done for form only",
                "~\tTask\n\t~\tItems done for form only",
                "upward rework",
                "Task",
            ),
            (
                "cost per complaint=\n\t0.004\n\t~\tMYuan/Complaint",
                "cost per complaint=\n\t0.004\n\t~\tMYuan",
                "complaint cost",
                "complaint rate * cost per complaint",
            ),
            (
                "time to recruit=\n\t9\n\t~\tMonth",
                "time to recruit=\n\t9\n\t~\t1/Month",
                "time to recruit",
                "1/Month",
            ),
            (
                "vacancies / time to recruit\n\t~\tPerson/Month",
                "vacancies / time to recruit\n\t~\tPersn/Month",
                "recruitment",
                "Persn/Month",
            ),
            (
                "normal lapse fraction=\n\t0.005\n\t~\t1/Month",
                "normal lapse fraction=\n\t0.005\n\t~\tDmnl",
                "normal lapse fraction",
                "Dmnl",
            ),
        ),
        "a factor forgotten": (
            (
                "\ttotal cadres * pay per cadre * (1 + funded share of uplift *",
                "\tpay per cadre * (1 + funded share of uplift *",
                "personnel cost",
                "pay per cadre * (1 + funded share of uplift *",
            ),
            (
                "hours short / (standard hours * contract productivity)",
                "hours short / contract productivity",
                "desired contract staff",
                "share of shortfall bought in *",
            ),
            (
                "contact load * contacts per pair * hours per contact *",
                "contact load * contacts per pair *",
                "department coordination hours",
                "field departments * contact load * contacts per pair *",
            ),
        ),
        "multiplied in place of divided": (
            (
                "\tactive participants / participation duration\n",
                "\tactive participants * participation duration\n",
                "quitting",
                "active participants * participation duration",
            ),
            (
                "\tupward delay / target upward time\n",
                "\tupward delay * target upward time\n",
                "relative upward delay",
                "upward delay * target upward time",
            ),
            (
                "\tdigital capability / digital life\n",
                "\tdigital capability * digital life\n",
                "digital obsolescence",
                "digital capability * digital life",
            ),
        ),
        "the time constant forgotten": (
            (
                "(department pressure - perceived department pressure) /\\\n"
                "\t\ttime to perceive pressure",
                "department pressure - perceived department pressure",
                "change in perceived department pressure",
                "department pressure - perceived department pressure",
            ),
        ),
        "another variable taken": (
            (
                "\trecruitment * cost per recruit\n",
                "\tvacancies * cost per recruit\n",
                "turnover cost",
                "vacancies * cost per recruit",
            ),
            (
                "\tINTEG(joining - quitting, initial",
                "\tINTEG(joining - participation duration, initial",
                "active participants",
                "participation duration",
            ),
            (
                "\tINTEG(contract hiring - contract leaving, normal contract staff)",
                "\tINTEG(contract hiring - contract leaving, contract productivity)",
                "contract staff",
                "contract productivity",
            ),
        ),
        "added in place of multiplied": (
            (
                "\tpopulation * community workers per resident\n",
                "\tpopulation + community workers per resident\n",
                "community workers",
                "community workers per resident",
            ),
        ),
        "a function of what has a unit": (
            (
                "\tupward rework * cost per rework",
                "\tEXP(upward rework) * cost per rework",
                "rework cost",
                "upward rework",
            ),
            (
                "1 / MAX(1, relative service delay)",
                "1 / MAX(1, service delay)",
                "timeliness",
                "1 / MAX(1, service delay)",
            ),
        ),
        "a lookup read with a unit": (
            (
                "effect of pressure on workweek(frontline pressure)",
                "effect of pressure on workweek(required frontline hours)",
                "frontline workweek",
                "required frontline hours",
            ),
        ),
    },
)

_STATIC = (
    *of_kinds(
        "units",
        {
            "a lookup read with a unit": (
                (
                    "effect of quality on complaints(service quality)",
                    "effect of quality on complaints(service backlog)",
                    "complaint rate",
                    "service backlog",
                ),
            )
        },
        "note",
    ),
    *of_kinds(
        "unused",
        {
            "a factor left out that nothing else uses": (
                (
                    "\tfrontline ceiling for pushed work * (frontline hours worked -\\\n"
                    "\t\tfrontline overhead hours))",
                    "\tfrontline hours worked - frontline overhead hours)",
                    "frontline ceiling for pushed work",
                    "frontline ceiling for pushed work",
                ),
                (
                    " *\\\n\t\teffect of delay on lapse(relative upward delay)",
                    "",
                    "effect of delay on lapse",
                    "effect of delay on lapse",
                ),
            ),
        },
    ),
    *of_kinds(
        "limits",
        {
            "a constant outside its own limits": (
                (
                    "population growth fraction=\n\t0.0002",
                    "population growth fraction=\n\t0.02",
                    "population growth fraction",
                    "0.02",
                ),
                (
                    "largest digital saving upward=\n\t0.35",
                    "largest digital saving upward=\n\t35",
                    "largest digital saving upward",
                    "35",
                ),
                (
                    "time to integrate=\n\t12",
                    "time to integrate=\n\t-12",
                    "time to integrate",
                    "-12",
                ),
            ),
        },
    ),
    *of_kinds(
        "lookup shape",
        {
            "a point outside the axes": (
                (
                    "(0.5,0.5),(1,1),(2,3),(4,7)",
                    "(0.5,0.5),(1,1),(2,30),(4,7)",
                    "effect of delay on abandonment",
                    "",
                ),
            ),
        },
    ),
    *of_kinds(
        "lookup shape",
        {
            "a normal point that is not 1": (
                (
                    "(0,0.5),(0.5,0.5),(1,1),(2,3),(4,7)",
                    "(0,1.2),(0.5,1.2),(1,1.5),(2,3),(4,7)",
                    "effect of delay on abandonment",
                    "",
                ),
            ),
        },
        "note",
    ),
    *of_kinds(
        "outflow control",
        {
            "an outflow that does not depend on its stock": (
                (
                    "\tdigital capability / digital life\n",
                    "\tnormal utilisation / digital life\n",
                    "digital capability",
                    "digital obsolescence",
                ),
            ),
        },
    ),
    *of_kinds(
        "undocumented",
        {
            "no comment": (("Handling complaints. [C85]", "", "complaint cost", ""),),
        },
    ),
    *of_kinds(
        "unsourced",
        {
            "a number without a source": (
                (
                    "Assumption, range 0 to 0.015: reception, travel, mediation, relief payments.",
                    "Reception, travel, mediation.",
                    "cost per complaint",
                    "",
                ),
            ),
        },
    ),
    *of_kinds(
        "names",
        {
            "a letter of another script": (
                ("spare hours=\n", "sp\u0430re hours=\n", "sp\u0430re hours", "sp\u0430re hours"),
            ),
        },
    ),
    *of_kinds(
        "embedded constants",
        {
            "a number inside an equation": (
                (
                    "\tupward rework * cost per rework",
                    "\tupward rework * cost per rework * 1.37",
                    "rework cost",
                    "1.37",
                ),
            ),
        },
        "note",
    ),
    *of_kinds(
        "time",
        {
            "a moment inside an equation": (
                (
                    "\tcomplaint rate * cost per complaint\n",
                    "\tcomplaint rate * cost per complaint * (1 + STEP(1, 45))\n",
                    "complaint cost",
                    "45",
                ),
            ),
        },
        "note",
    ),
)

LONGGANG: tuple[Fault, ...] = (*_UNITS, *_STATIC)
