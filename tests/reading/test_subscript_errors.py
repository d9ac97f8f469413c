"""Reading finds every wrong subscript, table and circle of a Vensim model at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reading.mistakes import Mistake, mistakes

Write = Callable[..., Path]

CONTROLS = (
    "INITIAL TIME = 0 ~ Month ~ |\nFINAL TIME = 10 ~ Month ~ |\n"
    "TIME STEP = 0.5 ~ Month ~ |\nSAVEPER = TIME STEP ~ Month ~ |\n"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "D: d1, d2 ~~|\n"
            "E: e1, e2 ~~|\n"
            "a[D, D] = 1 ~~|\n"
            "b[D] = 1 ~~|\n"
            "b[D, E] = 2 ~~|\n"
            "c[d1] = 1 ~~|\n"
            "c[e1] = 2 ~~|\n"
            "f[d1] = 1 ~~|\n"
            "f[D] = 2 ~~|\n"
            "g[dd1] = 3 ~~|\n"
            "h[D] = 1, 2, 3 ~~|\n"
            "ok = a[d1, d1] + b[d1] + c[d1] + g[dd1] ~~|",
            [
                (
                    3,
                    "a",
                    "one range stands twice on the left-hand side [D, D]; define a second range of "
                    "the same elements",
                    "a",
                ),
                (5, "b", "the left-hand side has 2 subscripts, that of line 4 has 1", "b"),
                (
                    7,
                    "c",
                    "no range holds the subscripts [e1] and those of line 6, [d1]; give elements "
                    "of one range to one variable",
                    "c",
                ),
                (
                    9,
                    "f",
                    "[d1] is already defined on line 8; take it out of one of the two with "
                    ":EXCEPT:",
                    "f",
                ),
                (10, "g", "the subscript 'dd1' is not defined; did you mean 'd1'?", "dd1"),
                (11, "h", "3 numbers are given for 2 elements", "1, 2, 3"),
            ],
            id="left",
        ),
        pytest.param(
            "D: d1, d2 ~~|\n"
            "E: e1, e2 ~~|\n"
            "x[D] = 1 ~~|\n"
            "y = x + 1 ~~|\n"
            "z = x[d1, d2] ~~|\n"
            "u = x[e1] ~~|\n"
            "v[E] = x[D] ~~|\n"
            "w = SUM(x[D]) ~~|\n"
            "p = x[D!] ~~|\n"
            "q[d1] = 1 ~~|\n"
            "q[D] :EXCEPT: [d1] = q[d1] ~~|\n"
            "r[d1] = 3 ~~|\n"
            "r[D] :EXCEPT: [d2] = 4 ~~|\n"
            "s[D] :EXCEPT: [d1] = 4 ~~|\n"
            "t = s[d1] + s[d2] + x[d3] ~~|",
            [
                (
                    4,
                    "y",
                    "'x' stands without its subscripts [D]; write x[D] and give the left-hand side "
                    "the same, or name an element, as in x[d1]",
                    "x",
                ),
                (5, "z", "'x': 2 subscripts are given where there is 1; write x[D]", "x[d1, d2]"),
                (6, "u", "'x': 'e1' is no element of the range 'D'", "x[e1]"),
                (
                    7,
                    "v",
                    "'x': the range 'D' stands on the right only, mapped to none on the left",
                    "x[D]",
                ),
                (8, "w", "SUM has no subscript to run over; mark one as in x[range!]", "SUM"),
                (
                    9,
                    "p",
                    "'x': 'D!' may only stand in PROD, SUM, VECTOR SELECT, VMAX, VMIN",
                    "x[D!]",
                ),
                (
                    13,
                    "r",
                    "[d1] is already defined on line 12; take it out of one of the two with "
                    ":EXCEPT:",
                    "r",
                ),
                (15, "t", "no equation defines s[d1]", "s[d1]"),
                (15, "t", "'x': the subscript 'd3' is not defined; did you mean 'D'?", "x[d3]"),
            ],
            id="references",
        ),
        pytest.param(
            "t((0,1),(1,2)) ~~|\n"
            "a = t * 2 ~~|\n"
            "b = t(1) + DELAY N(a, 1, 2, 0.5) ~~|\n"
            "c = ELMCOUNT(a) ~~|",
            [
                (2, "a", "the lookup 't' is used without an argument; write t(x)", "t"),
                (
                    3,
                    "b",
                    "the order of DELAY N is 0.5; give a whole number from 1 to 1000",
                    "DELAY N",
                ),
                (4, "c", "the argument of ELMCOUNT is no subscript range", "ELMCOUNT"),
            ],
            id="tables",
        ),
        pytest.param(
            "a = b ~~|\n"
            "b = c + d ~~|\n"
            "c = d ~~|\n"
            "d = a ~~|\n"
            "e = e + 1 ~~|\n"
            "s = INTEG(a, t) ~~|\n"
            "t = INTEG(1, s) ~~|\n"
            "Dim: d1, d2 ~~|\n"
            "x[d1] = x[d2] ~~|\n"
            "x[d2] = y[d1] ~~|\n"
            "y[Dim] = x[Dim] ~~|\n"
            "z[d1] = 1 ~~|\n"
            "z[d2] = z[d1] ~~|",
            [
                (
                    1,
                    "a",
                    "circular definition: a (line 1) → b (line 2) → d (line 4) → a; put a stock or "
                    "a delay into the loop",
                    "b",
                ),
                (
                    5,
                    "e",
                    "circular definition: e (line 5) → e; put a stock or a delay into the loop",
                    "e",
                ),
                (
                    6,
                    "s",
                    "circular initial value: s (line 6) → t (line 7) → s; start one of them from a "
                    "number",
                    "t",
                ),
                (
                    9,
                    "x",
                    "circular definition: x[d1] (line 9) → x[d2] (line 10) → y[d1] (line 11) → "
                    "x[d1]; put a stock or a delay into the loop",
                    "x",
                ),
            ],
            id="circles",
        ),
    ],
)
def test_every_mistake_of_subscripts_and_circles(
    write: Write, text: str, expected: list[Mistake]
) -> None:
    assert mistakes(write(text + "\n" + CONTROLS)) == expected
