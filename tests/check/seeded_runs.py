"""A small right model, and mistakes in it that show when it runs."""

from __future__ import annotations

from check.seeded_faults import Fault, of_kinds

# In equilibrium until more people come; one who waits is treated, one who is treated recovers.
CLINIC = """{UTF-8}
waiting=
	INTEG(arriving - treating, initial waiting)
	~	Person [0,?]
	~	People who wait.
	|

initial waiting=
	INITIAL(usual arrivals * usual wait)
	~	Person
	~	Equilibrium.
	|

usual arrivals=
	60
	~	Person/Month [0,?]
	~	Assumption.
	|

surge=
	0.25
	~	Dmnl [0,1]
	~	Assumption.
	|

time of surge=
	6
	~	Month [0,?]
	~	Assumption.
	|

arriving=
	usual arrivals * (1 + STEP(surge, time of surge))
	~	Person/Month
	~	More people come from the surge on.
	|

usual wait=
	2
	~	Month [1,10]
	~	Assumption.
	|

crowding=
	XIDZ(waiting, initial waiting, 1)
	~	Dmnl
	~	People who wait over those who usually do.
	|

effect of crowding on pace(
	[(0,0)-(4,2)],(0,0.6),(0.5,0.8),(1,1),(1.5,1.15),(2,1.2),(4,1.2))
	~	Dmnl
	~	Assumption. Normal point (1,1).
	|

treating=
	waiting / usual wait * effect of crowding on pace(crowding)
	~	Person/Month
	~	People who are treated.
	|

recovering=
	INTEG(treating - leaving, initial recovering)
	~	Person [0,?]
	~	People who recover.
	|

initial recovering=
	INITIAL(usual arrivals * time to recover)
	~	Person
	~	Equilibrium.
	|

time to recover=
	3
	~	Month [1,10]
	~	Assumption.
	|

leaving=
	recovering / time to recover
	~	Person/Month
	~	People who go home.
	|

budget=
	600
	~	Yuan/Month [0,?]
	~	Assumption.
	|

cost per patient=
	ZIDZ(budget, treating)
	~	Yuan/Person
	~	What is spent on each.
	|

INITIAL TIME = 0 ~ Month ~ Start. |
FINAL TIME = 24 ~ Month ~ End. |
TIME STEP = 0.125 ~ Month ~ Step. |
SAVEPER = 0.5 ~ Month ~ Kept. |
"""

CHECKS_TOML = """
[reality.nobody]
text = "When nobody comes any more, in the end nobody waits."
changes = [{ variable = "usual arrivals", operation = "set", value = 0.0, start = 1 }]
expect = ["at('waiting' of when, end) < 1"]

[reality.surge]
text = "When more people come, more people wait."
changes = [{ variable = "surge", operation = "set", value = 0.5 }]
expect = ["at('waiting' of when, end) > at('waiting' of base, end)"]
"""

CLINIC_FAULTS: tuple[Fault, ...] = (
    *of_kinds(
        "time constants",
        {
            "TIME STEP too long for a time constant": (
                (
                    "time to recover=\n\t3\n\t~\tMonth [1,10]",
                    "time to recover=\n\t0.15\n\t~\tMonth [0.1,10]",
                    "recovering",
                    "",
                ),
                (
                    "TIME STEP = 0.125 ~ Month ~ Step. |\nSAVEPER = 0.5",
                    "TIME STEP = 1 ~ Month ~ Step. |\nSAVEPER = 1",
                    "waiting",
                    "",
                ),
            ),
        },
    ),
    *of_kinds(
        "step size",
        {
            "TIME STEP too long for growth": (
                (
                    "arriving=\n\tusual arrivals * (1 + STEP(surge, time of surge))",
                    "arriving=\n\twaiting / usual wait * (1 + STEP(surge, time of surge)) ^ 9",
                    "waiting",
                    "",
                ),
            ),
        },
    ),
    *of_kinds(
        "not finite",
        {
            "a division by zero at a moment": (
                (
                    "\tZIDZ(budget, treating)\n",
                    "\tbudget / (treating - treating)\n",
                    "cost per patient",
                    "",
                ),
                (
                    "\tZIDZ(budget, treating)\n",
                    "\tbudget / treating / STEP(1, time of surge)\n",
                    "cost per patient",
                    "",
                ),
            ),
            "a root or a logarithm of what becomes negative": (
                (
                    "\tZIDZ(budget, treating)\n",
                    "\tZIDZ(budget, treating) * LN(time of surge / Time)\n",
                    "cost per patient",
                    "",
                ),
                (
                    "\tXIDZ(waiting, initial waiting, 1)\n",
                    "\tSQRT(initial waiting / waiting - 1)\n",
                    "crowding",
                    "",
                ),
            ),
        },
    ),
    *of_kinds(
        "negative",
        {
            "an outflow that is not bounded by its stock": (
                (
                    "\twaiting / usual wait * effect of crowding on pace(crowding)\n",
                    "\tMAX(waiting / usual wait, usual arrivals * 2) *"
                    " effect of crowding on pace(crowding)\n",
                    "waiting",
                    "",
                ),
            ),
        },
    ),
    *of_kinds(
        "outflow control",
        {
            "signs the wrong way round": (
                (
                    "\tINTEG(treating - leaving, initial recovering)",
                    "\tINTEG(leaving - treating, initial recovering)",
                    "recovering",
                    "treating",
                ),
            ),
        },
    ),
    *of_kinds(
        "conservation",
        {
            "more arrives than leaves": (
                (
                    "\tINTEG(treating - leaving, initial recovering)",
                    "\tINTEG(2 * treating - leaving, initial recovering)",
                    "treating",
                    "",
                ),
            ),
        },
    ),
    *of_kinds(
        "extreme conditions",
        {
            "a quotient without a guard": (
                (
                    "\tXIDZ(waiting, initial waiting, 1)\n",
                    "\twaiting / initial waiting\n",
                    "crowding",
                    "",
                ),
                ("\tZIDZ(budget, treating)\n", "\tbudget / treating\n", "cost per patient", ""),
            ),
        },
    ),
    *of_kinds(
        "lookup domain",
        {
            "a table that ends too early": (
                (
                    "(0,0.6),(0.5,0.8),(1,1),(1.5,1.15),(2,1.2),(4,1.2))",
                    "(0,0.6),(0.5,0.8),(1,1),(1.05,1.15))",
                    "effect of crowding on pace",
                    "",
                ),
            ),
        },
    ),
    *of_kinds(
        "reality",
        {
            "a model that contradicts what everybody knows": (
                (
                    "\tusual arrivals * (1 + STEP(",
                    "\tINITIAL(usual arrivals) * (1 + STEP(",
                    "reality.nobody",
                    "",
                ),
                (
                    "usual arrivals * (1 + STEP(surge, time of surge))",
                    "usual arrivals * (1 - STEP(surge, time of surge))",
                    "reality.surge",
                    "",
                ),
            ),
        },
    ),
    *of_kinds(
        "loops without a stock",
        {
            "a circle opened by a delay of one TIME STEP": (
                (
                    "\tXIDZ(waiting, initial waiting, 1)\n",
                    "\tDELAY FIXED(treating, TIME STEP, usual arrivals) / usual arrivals\n",
                    "crowding",
                    "TIME STEP",
                ),
            ),
        },
    ),
    *of_kinds(
        "equilibrium start",
        {
            "a start out of equilibrium": (
                (
                    "INITIAL(usual arrivals * usual wait)",
                    "INITIAL(2 * usual arrivals * usual wait)",
                    "recovering",
                    "",
                ),
            ),
        },
        "note",
    ),
    *of_kinds(
        "loop removal",
        {
            "a loop that does nothing": (
                (
                    "(0,0.6),(0.5,0.8),(1,1),(1.5,1.15),(2,1.2),(4,1.2))",
                    "(0,1),(0.5,1),(1,1),(1.5,1),(2,1),(4,1))",
                    "crowding",
                    "",
                ),
            ),
        },
        "note",
    ),
    *of_kinds(
        "lookup shape",
        {
            "a table that does nothing": (
                (
                    "(0,0.6),(0.5,0.8),(1,1),(1.5,1.15),(2,1.2),(4,1.2))",
                    "(0,1),(0.5,1),(1,1),(1.5,1),(2,1),(4,1))",
                    "effect of crowding on pace",
                    "",
                ),
            ),
            "a point typed wrong": (
                (
                    "(1,1),(1.5,1.15),(2,1.2)",
                    "(1,1),(1.5,0.15),(2,1.2)",
                    "effect of crowding on pace",
                    "",
                ),
            ),
        },
        "note",
    ),
)

# A weight on a spring, which RK4 keeps swinging and Euler's method does not.
SPRING = """{UTF-8}
place = INTEG(speed, 1) ~ Meter ~ Where it is. |
speed = INTEG(-stiffness * place, 0) ~ Meter/Second ~ How fast it moves. |
stiffness = 0.64 ~ 1/(Second*Second) ~ Assumption. |
INITIAL TIME = 0 ~ Second ~ Start. |
FINAL TIME = 60 ~ Second ~ End. |
TIME STEP = 0.125 ~ Second ~ Step. |
SAVEPER = 0.5 ~ Second ~ Kept. |
\\\\\\---/// Sketch information - do not modify anything except names
///---\\\\\\
:L\x7f<%^E!@
15:0,0,0,1,0,0
"""
SPRING_FAULTS = of_kinds(
    "euler against rk4",
    {
        "Euler's method for an oscillation": (("15:0,0,0,1,0,0", "15:0,0,0,0,0,0", "place", ""),),
    },
    "note",
)
