"""A small right model of schools, and mistakes in it: subscripts, a macro, conversions."""

from __future__ import annotations

from check.seeded_faults import of_kinds

# Schools in three districts: ranges, elements, a mapping, a macro, a sub-range.
SCHOOLS = """{UTF-8}
:MACRO: LAGGED(input, delay)
LAGGED = INTEG((input - LAGGED) / delay, input)
	~	input
	~	What is seen late.
	|
:END OF MACRO:

district: town, coast, hill ~~|
rural: coast, hill ~~|
grade: first, second ~~|

pupils[district, grade]=
	INTEG(entering[district, grade] - leaving[district, grade],
	initial pupils[district, grade])
	~	Person
	~	Pupils in school.
	|

initial pupils[district, grade]=
	400, 420; 200, 210; 100, 90;
	~	Person
	~	Assumption.
	|

entering[district, grade]=
	births[district] * share of grade[grade]
	~	Person/Year
	~	Children who enter.
	|

births[town]=
	90
	~	Person/Year
	~	Assumption.
	|

births[rural]=
	40, 20
	~	Person/Year
	~	Assumption.
	|

share of grade[grade]=
	0.5, 0.5
	~	Dmnl
	~	Assumption.
	|

leaving[district, grade]=
	pupils[district, grade] / years in grade
	~	Person/Year
	~	Pupils who go on.
	|

years in grade=
	3
	~	Year
	~	Assumption.
	|

all pupils=
	SUM(pupils[district!, grade!])
	~	Person
	~	Pupils of all districts.
	|

rural pupils=
	SUM(pupils[rural!, first])
	~	Person
	~	First graders outside the town.
	|

seen pupils=
	LAGGED(all pupils, time to see)
	~	Person
	~	What the bureau believes.
	|

time to see=
	2
	~	Year
	~	Assumption.
	|

entering per month=
	SUM(entering[district!, grade!]) / months in a year
	~	Person/Month
	~	For the monthly report.
	|

teachers needed=
	seen pupils / pupils per teacher
	~	Person
	~	For the yearly report.
	|

pay of teachers=
	teachers needed * pay per month * months in a year
	~	MYuan/Year
	~	For the yearly report.
	|

pay per month=
	0.01
	~	MYuan/(Person*Month)
	~	Assumption.
	|

pupils per teacher=
	20
	~	Dmnl
	~	Assumption.
	|

months in a year=
	12
	~	Month/Year
	~	Definition.
	|

INITIAL TIME = 0 ~ Year ~ Start. |
FINAL TIME = 10 ~ Year ~ End. |
TIME STEP = 0.25 ~ Year ~ Step. |
SAVEPER = 1 ~ Year ~ Kept. |
"""

SCHOOL_FAULTS = (
    *of_kinds(
        "reading",
        {
            "a misspelt name in a macro": (
                ("(input - LAGGED) / delay", "(input - LAGGED) / dely", "LAGGED", "dely"),
            ),
            "a macro called with the wrong number of arguments": (
                ("LAGGED(all pupils, time to see)", "LAGGED(all pupils)", "seen pupils", "LAGGED"),
            ),
            "a wrong element": (
                (
                    "SUM(pupils[rural!, first])",
                    "SUM(pupils[rural!, frist])",
                    "rural pupils",
                    "pupils[rural!, frist]",
                ),
                ("births[town]=", "births[twon]=", "births", "twon"),
            ),
            "the range of another subscript": (
                (
                    "births[district] * share of grade[grade]",
                    "births[district] * share of grade[district]",
                    "entering",
                    "share of grade[district]",
                ),
            ),
            "too few subscripts": (
                (
                    "\tpupils[district, grade] / years",
                    "\tpupils[district] / years",
                    "leaving",
                    "pupils[district]",
                ),
            ),
            "no subscripts": (
                (
                    "\tseen pupils / pupils per teacher",
                    "\tpupils / pupils per teacher",
                    "teachers needed",
                    "pupils",
                ),
            ),
            "too many subscripts": (
                (
                    "LAGGED(all pupils, time",
                    "LAGGED(all pupils[district], time",
                    "seen pupils",
                    "all pupils[district]",
                ),
            ),
            "a subscript that the left side lacks": (
                (
                    "SUM(pupils[district!, grade!])",
                    "SUM(pupils[district!, grade])",
                    "all pupils",
                    "pupils[district!, grade]",
                ),
            ),
            "a list of numbers of the wrong length": (
                ("\t0.5, 0.5\n", "\t0.5, 0.3, 0.2\n", "share of grade", "0.5, 0.3, 0.2"),
                (
                    "400, 420; 200, 210; 100, 90;",
                    "400, 420; 200, 210; 100;",
                    "initial pupils",
                    "400, 420; 200, 210; 100;",
                ),
            ),
            "elements without an equation": (
                (
                    "births[rural]=\n\t40, 20",
                    "births[coast]=\n\t40",
                    "entering",
                    "births[district]",
                ),
            ),
            "an element defined twice": (
                (
                    "share of grade[grade]=\n",
                    "births[hill]=\n\t25\n\t~\tPerson/Year\n\t~\tNews.\n\t|\n\n"
                    "share of grade[grade]=\n",
                    "births",
                    "births",
                ),
            ),
        },
    ),
    *of_kinds(
        "units",
        {
            "a bare number for a conversion": (
                (
                    "pay per month * months in a year",
                    "pay per month * 12",
                    "pay of teachers",
                    "teachers needed * pay per month * 12",
                ),
            ),
            "months for years": (
                (
                    "years in grade=\n\t3\n\t~\tYear",
                    "years in grade=\n\t36\n\t~\tMonth",
                    "leaving",
                    "pupils[district, grade] / years in grade",
                ),
            ),
        },
    ),
)
