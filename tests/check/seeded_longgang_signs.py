"""Signs in the Longgang model that Vensim does not know, or that are not there."""

from __future__ import annotations

from check.seeded_faults import Fault, of_kinds

LONGGANG_SIGNS: tuple[Fault, ...] = of_kinds(
    "reading",
    {
        "signs of other languages": (
            (
                "\tupward rework * cost per rework\n",
                "\tupward rework ** cost per rework\n",
                "rework cost",
                "**",
            ),
            (
                "MAX(0, push down fraction - normal push down fraction)",
                "IF THEN ELSE(push down fraction => normal push down fraction, 1, 0)",
                "role conflict",
                "=>",
            ),
            (
                "MAX(0, push down fraction - normal push down fraction)",
                "IF THEN ELSE(role conflict > 0 AND push down fraction > 0, 1, 0)",
                "role conflict",
                "AND push down fraction > 0, 1, 0)",
            ),
            (
                "MAX(0, push down fraction - normal push down fraction)",
                "IF THEN ELSE(role conflict > 0 :AND push down fraction > 0, 1, 0)",
                "role conflict",
                ":AND",
            ),
        ),
        "numbers as people write them": (
            (
                "population growth fraction=\n\t0.0002",
                "population growth fraction=\n\t0,0002",
                "population growth fraction",
                "0,0002",
            ),
            (
                "paid share of overtime=\n\t0.1",
                "paid share of overtime=\n\t10%",
                "paid share of overtime",
                "%",
            ),
            (
                "initial population=\n\t459000",
                "initial population=\n\t459 000",
                "initial population",
                "000",
            ),
            (
                "time to change trust=\n\t18",
                "time to change trust=\n\t18 months",
                "time to change trust",
                "months",
            ),
        ),
        "signs of a Chinese keyboard": (
            (
                "service delay / target service time\n",
                "service delay ÷ target service time\n",
                "relative service delay",
                "÷",
            ),
            (
                "fresh service inflow + complaint rate * repeat",
                "fresh service inflow ＋ complaint rate * repeat",
                "service inflow",
                "＋",
            ),
            (
                "MAX(0, desired contract staff - contract staff)",
                "MAX(0，desired contract staff - contract staff)",
                "contract hiring",
                "，",
            ),
            (
                "contract hiring - contract leaving, normal",
                "contract hiring － contract leaving, normal",
                "contract staff",
                "－",
            ),
            (
                "\t(department workweek - department fatigue) /",
                "\t（department workweek - department fatigue） /",
                "change in department fatigue",
                "（",
            ),
            (
                "time to build capacity=\n\t12",
                "time to build capacity＝\n\t12",
                "time to build capacity",
                "＝",
            ),
        ),
        "a separator forgotten": (
            (
                "\t~\tTask/Month\n\t~\tItems done for form only",
                "\t\tTask/Month\n\t~\tItems done for form only",
                "upward rework",
                "Task/Month",
            ),
            (
                "(4,9),(6,12),(8,12))",
                "(4,9)(6,12),(8,12))",
                "effect of delay on lapse",
                "(6,12),(8,12))",
            ),
            (
                "(2,3),(4,7),(6,10),(8,10))",
                "(2,3),(4 7),(6,10),(8,10))",
                "effect of delay on abandonment",
                "(4 7)",
            ),
        ),
        "a definition without its parts": (
            ("rework cost=\n", "rework cost\n", "rework cost", "rework cost"),
            (
                "Doing upward items twice. [C85]\n\t|\n",
                "Doing upward items twice. [C85]\n",
                "rework cost",
                "rework cost=",
            ),
            (
                "\tupward rework * cost per rework\n",
                "\tupward rework * cost per rework {see the memo\n",
                "",
                "{see the memo",
            ),
        ),
        "an invisible sign": (("platform cost=\n", "platform\u200b cost=\n", "platform cost", ""),),
        "a bar in a comment": (
            (
                "Handling complaints.",
                "Handling complaints | repairs.",
                "repairs.",
                "repairs. [C85]",
            ),
        ),
        "a sign in a name": (("spare hours=", "spare-hours=", "spare-hours", "-hours="),),
    },
)
