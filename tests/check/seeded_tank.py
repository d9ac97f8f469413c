"""A small right model of a tank in XMILE, and mistakes in it."""

from __future__ import annotations

from check.seeded_faults import of_kinds

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
                ("Water / time_to_leak ELSE 0", "Water / time_to_leak, 0", "leaking", "IF"),
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
