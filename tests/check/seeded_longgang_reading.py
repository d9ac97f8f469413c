"""Mistakes in the Longgang model that keep it from being read."""

from __future__ import annotations

from check.seeded_faults import Fault, of_kinds

_SECOND_COPY = """cost per rework=
	0.003
	~	MYuan/Task [0,1]
	~	Assumption, copied from elsewhere.
	|

"""

# One mistake is one finding: whoever uses what is wrong gets none.
LONGGANG_READING: tuple[Fault, ...] = of_kinds(
    "reading",
    {
        "a misspelt name": (
            (
                "\tpopulation * population growth fraction",
                "\tpopulatoin * population growth fraction",
                "population growth",
                "populatoin",
            ),
            ("vacancies / time to recruit", "vacancy / time to recruit", "recruitment", "vacancy"),
            (
                "timeliness * service thoroughness",
                "timeliness * service thoroughnes",
                "service quality",
                "service thoroughnes",
            ),
        ),
        "a misspelt name in the second line": (
            (
                "upward lapse, initial upward backlog)",
                "upward laps, initial upward backlog)",
                "upward backlog",
                "upward laps",
            ),
            (
                "(department cadres +\\\n\t\tfrontline cadres)) / posting time\n",
                "(department cadres +\\\n\t\tfrontline_cadre)) / posting time\n",
                "recall to departments",
                "frontline_cadre",
            ),
            (
                "\t\tinitial community capacity, 0))))",
                "\t\tinitial communty capacity, 0))))",
                "initial community resolved matters",
                "initial communty capacity",
            ),
        ),
        "renamed, but not where it is used": (
            (
                "time to approve autonomy=\n\t18",
                "approval time=\n\t18",
                "change in institutional autonomy",
                "time to approve autonomy",
            ),
        ),
        "an operator forgotten": (
            (
                "\tdepartment morale / normal morale",
                "\tdepartment morale normal morale",
                "relative department morale",
                "department morale normal morale",
            ),
            (
                "assimilation time * (1 - frontline target share)",
                "assimilation time (1 - frontline target share)",
                "assimilation to departments",
                "assimilation time",
            ),
            (
                "\trelative reward / frontline workweek",
                "\t2 relative reward / frontline workweek",
                "frontline reward adequacy",
                "relative reward / frontline workweek",
            ),
        ),
        "defined twice": (
            (
                "rework cost=\n",
                _SECOND_COPY + "rework cost=\n",
                "cost per rework",
                "cost per rework",
            ),
            (
                "rework cost=\n",
                _SECOND_COPY.replace("cost per rework", "Cost_per_Rework") + "rework cost=\n",
                "Cost_per_Rework",
                "Cost_per_Rework",
            ),
        ),
        "too many or too few arguments": (
            (
                "\tMIN(1, middle layer functions / functions of a township)",
                "\tMIN(1, middle layer functions, functions of a township)",
                "middle layer role",
                "MIN",
            ),
            (
                "\tINTEG(integration progress, initial department integration)",
                "\tINTEG(integration progress)",
                "department integration",
                "INTEG",
            ),
            (
                "XIDZ(administrative cost, comparable county cost, 0)",
                "XIDZ(administrative cost, comparable county cost)",
                "cost relative to comparable county",
                "XIDZ",
            ),
            ("MAX(1, relative service delay)", "MAX(relative service delay)", "timeliness", "MAX"),
            (
                "\tMAX(0, authorised posts - total cadres)",
                "\tIF THEN ELSE(authorised posts > total cadres, authorised posts - total cadres)",
                "vacancies",
                "IF THEN ELSE",
            ),
        ),
        "a lookup used wrongly": (
            (
                "\teffect of pressure on workweek(frontline pressure)",
                "\teffect of pressure on workweek(frontline pressure, 1)",
                "frontline workweek",
                "effect of pressure on workweek",
            ),
            (
                "\teffect of pressure on depth(department pressure)",
                "\teffect of pressure on depth * department pressure",
                "indicated compliance depth",
                "effect of pressure on depth",
            ),
            (
                "effect of quality on complaints(service quality)",
                "effct of quality on complaints(service quality)",
                "complaint rate",
                "effct of quality on complaints",
            ),
        ),
        "a function that does not exist": (
            (
                "ZIDZ(administrative cost * yuan",
                "ZIDX(administrative cost * yuan",
                "cost per resident",
                "ZIDX",
            ),
            (
                "INTEG(change in resident trust",
                "INTEGRAL(change in resident trust",
                "resident trust",
                "INTEGRAL",
            ),
            (
                "MAX(0, push down fraction - normal push down fraction)",
                "IF(push down fraction > normal push down fraction, push down fraction, 0)",
                "role conflict",
                "IF",
            ),
        ),
        "brackets that do not close": (
            (
                "MAX(0, authorised posts - total cadres)",
                "MAX(0, authorised posts - total cadres",
                "vacancies",
                "MAX(0, authorised posts - total cadres",
            ),
            (
                "complaint rate * cost per complaint\n",
                "complaint rate * cost per complaint)\n",
                "complaint cost",
                ")",
            ),
        ),
        "signs in the wrong place": (
            (
                "contract staff * cost per contract worker\n",
                "contract staff * / cost per contract worker\n",
                "contract cost",
                "* /",
            ),
            (
                "new cadres + department cadres + frontline cadres\n",
                "new cadres + department cadres + frontline cadres +\n",
                "total cadres",
                "frontline cadres +",
            ),
            ("\tplatform committee * platform running cost", "", "platform cost", ""),
            (
                "\t1 - promotion handicap * (1 - institutional autonomy)",
                "\t1 - promotion handicap * [1 - institutional autonomy]",
                "frontline promotion prospect",
                "[1 - institutional autonomy]",
            ),
            (
                "\tcomplaint rate * cost per complaint",
                '\t"complaint rate * cost per complaint',
                "complaint cost",
                '"complaint rate * cost per complaint',
            ),
            (
                "\tdigital capability / digital life",
                "\tdigital capability // digital life",
                "digital obsolescence",
                "//",
            ),
        ),
        "points of a lookup": (
            (
                "(0,5),(0.2,5),(0.4,3.8)",
                "(0,5),(0.4,5),(0.2,3.8)",
                "effect of quality on complaints",
                "(0.2,3.8)",
            ),
            (
                "(0,5),(0.2,5),(0.4,3.8)",
                "(0,5),(0.2,5),(0.2,3.8)",
                "effect of quality on complaints",
                "0.2",
            ),
            (
                "(0,5),(0.2,5),(0.4,3.8)",
                "(0,5),(0.2,5,1),(0.4,3.8)",
                "effect of quality on complaints",
                "(0.2,5,1)",
            ),
            (
                "(0,0.5),(0.5,0.5),(1,1),(2,4),(4,9),(6,12),(8,12))",
                "(0,0.5))",
                "effect of delay on lapse",
                "",
            ),
        ),
        "a circle of values of one moment": (
            (
                "\tresident matters - community resolved matters\n\t~\tTask/Month",
                "\tresident matters - complaint rate * repeat matters per complaint\n"
                "\t~\tTask/Month",
                "fresh service inflow",
                "complaint rate",
            ),
            (
                "\tdepartment cadres * normal exit fraction *",
                "\tdepartment exits * normal exit fraction *",
                "department exits",
                "",
            ),
        ),
        "a circle of initial values": (
            (
                "INITIAL(initial cadres - initial new cadres - initial frontline cadres)",
                "INITIAL(initial cadres - department cadres - initial frontline cadres)",
                "department cadres",
                "initial department cadres",
            ),
        ),
        "a control variable missing": (("TIME STEP=\n", "TIMESTEP=\n", "TIMESTEP", "TIMESTEP"),),
        "control variables that do not fit": (
            ("TIME STEP=\n\t0.125", "TIME STEP=\n\t0", "TIME STEP", "0"),
            ("TIME STEP=\n\t0.125", "TIME STEP=\n\t-0.125", "TIME STEP", "-0.125"),
            ("SAVEPER=\n\t1\n", "SAVEPER=\n\t0.3\n", "SAVEPER", "0.3"),
            ("FINAL TIME=\n\t180", "FINAL TIME=\n\t-180", "FINAL TIME", "-180"),
            ("INITIAL TIME=\n\t0\n", "INITIAL TIME=\n\t201601\n", "FINAL TIME", "180"),
        ),
    },
)
