"""Small right models, and mistakes in them: subscripts, macros, XMILE, units, loops."""

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

# A tank with a valve, in XMILE.
TANK = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
 <header><vendor>x</vendor><product version="1">y</product></header>
 <sim_specs method="euler" time_units="Hour">
  <start>0</start>
  <stop>8</stop>
  <dt>0.25</dt>
 </sim_specs>
 <model>
  <variables>
   <stock name="Water">
    <doc>Water in the tank.</doc>
    <eqn>start_water</eqn>
    <inflow>filling</inflow>
    <outflow>leaking</outflow>
    <units>Liter</units>
   </stock>
   <aux name="start water">
    <doc>Assumption.</doc>
    <eqn>100</eqn>
    <units>Liter</units>
   </aux>
   <flow name="filling">
    <doc>The valve lets this in.</doc>
    <eqn>full_flow *
     valve</eqn>
    <units>Liter/Hour</units>
   </flow>
   <aux name="full flow">
    <doc>Assumption.</doc>
    <eqn>20</eqn>
    <units>Liter/Hour</units>
   </aux>
   <aux name="valve">
    <doc>Assumption: it closes as the tank fills.</doc>
    <eqn>Water / capacity</eqn>
    <gf><xscale min="0" max="1"/><ypts>1,0.9,0.7,0.3,0</ypts></gf>
    <units>Dmnl</units>
   </aux>
   <aux name="capacity">
    <doc>Assumption.</doc>
    <eqn>300</eqn>
    <units>Liter</units>
   </aux>
   <flow name="leaking">
    <doc>What gets lost.</doc>
    <eqn>IF Water &gt; 0 THEN Water / time_to_leak ELSE 0</eqn>
    <units>Liter/Hour</units>
   </flow>
   <aux name="time to leak">
    <doc>Assumption.</doc>
    <eqn>10</eqn>
    <units>Hour</units>
   </aux>
  </variables>
 </model>
</xmile>
"""

TANK_FAULTS = (
    *of_kinds(
        "reading",
        {
            "XMILE: a misspelt name": (
                ("<eqn>start_water</eqn>", "<eqn>start_watr</eqn>", "Water", "start_watr"),
            ),
            "XMILE: a misspelt name in the second line": (
                ("     valve</eqn>", "     valv</eqn>", "filling", "valv"),
            ),
            "XMILE: no equation": (
                ("    <eqn>300</eqn>\n", "", "capacity", ""),
                ("    <eqn>300</eqn>\n", "    <eqn></eqn>\n", "capacity", ""),
            ),
            "XMILE: a flow that nothing defines": (
                ("<inflow>filling</inflow>", "<inflow>fill</inflow>", "Water", "fill"),
            ),
            "XMILE: a conveyor": (
                (
                    "    <eqn>start_water</eqn>\n",
                    "    <eqn>start_water</eqn>\n    <queue/>\n",
                    "Water",
                    "<queue",
                ),
                (
                    "    <units>Liter</units>\n   </stock>",
                    "    <units>Liter</units>\n    <conveyor><len>2</len></conveyor>\n   </stock>",
                    "Water",
                    "<conveyor",
                ),
            ),
            "XMILE: a table without points": (
                ("<ypts>1,0.9,0.7,0.3,0</ypts>", "", "valve", "<gf"),
                ("<ypts>1,0.9,0.7,0.3,0</ypts>", "<ypts></ypts>", "valve", "<gf"),
                ("<ypts>1,0.9,0.7,0.3,0</ypts>", "<ypts>1,0.9,x,0.3,0</ypts>", "valve", "x"),
            ),
            "XMILE: a flow listed twice": (
                (
                    "<inflow>filling<",
                    "<inflow>filling</inflow><inflow>filling<",
                    "Water",
                    "filling",
                ),
            ),
            "XMILE: signs of a Chinese keyboard": (
                ("<eqn>Water / capacity<", "<eqn>Water ／ capacity<", "valve", "／"),
            ),
            "XMILE: tags that do not close": (
                ("    <eqn>300</eqn>\n", "    <eqn>300<eqn>\n", "", "<eqn"),
                ("<eqn>IF Water &gt; 0", "<eqn>IF Water < 0", "", ""),
            ),
            "XMILE: time": (
                ("<dt>0.25</dt>", "<dt>0</dt>", "TIME STEP", "0"),
                ("<stop>8</stop>", "<stop>-8</stop>", "FINAL TIME", "-8"),
                ("  <dt>0.25</dt>\n", "  <dt>a quarter</dt>\n", "TIME STEP", "quarter"),
                ("  <stop>8</stop>\n", "", "", ""),
            ),
            "XMILE: defined twice": (
                (
                    '<aux name="time to leak">',
                    '<aux name="Start Water"><eqn>1</eqn></aux>\n   <aux name="time to leak">',
                    "Start Water",
                    "Start Water",
                ),
            ),
            "XMILE: a function that does not exist": (
                (
                    "<eqn>Water / capacity</eqn>",
                    "<eqn>SAFE_DIV(Water, capacity)</eqn>",
                    "valve",
                    "SAFE_DIV",
                ),
            ),
            "XMILE: a slip of syntax": (
                ("Water / time_to_leak ELSE 0", "Water / time_to_leak, 0", "leaking", ","),
                (
                    "<eqn>Water / capacity</eqn>",
                    "<eqn>(Water / capacity</eqn>",
                    "valve",
                    "(Water / capacity",
                ),
            ),
            "XMILE: a method that is not supported": (
                ('method="euler"', 'method="gear"', "", "gear"),
            ),
        },
    ),
    *of_kinds(
        "units",
        {
            "XMILE: multiplied in place of divided": (
                (
                    "IF Water &gt; 0 THEN Water / time_to_leak ELSE 0",
                    "IF Water &gt; 0 THEN Water * time_to_leak ELSE 0",
                    "leaking",
                    "IF Water &gt; 0 THEN Water * time_to_leak ELSE 0",
                ),
            ),
        },
    ),
)
