"""Hypothesis strategies for the text of Vensim models that stay finite.

Stocks leak and their inflows are limited; arguments of steep functions are limited; nothing is
divided by what can be zero; conditions compare with numbers that no model meets by structure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

RANGES = {"region": ("north", "south", "west"), "kind": ("old", "new")}
DIMENSIONS: tuple[tuple[str, ...], ...] = ((), ("region",), ("kind",), ("region", "kind"))
CONTROL = """
INITIAL TIME = 0 ~ ~ |
FINAL TIME = 5 ~ ~ |
TIME STEP = 0.25 ~ ~ |
SAVEPER = 0.25 ~ ~ |
"""


@dataclass
class Draft:
    """A model on its way: what an equation may use, and the text so far.

    Attributes:
        draw: Hypothesis's function.
        smooth: Whether only functions with continuous derivatives are allowed.
        names: Each variable and its ranges.
        tables: The names of the lookups.
        lines: One definition each.
    """

    draw: st.DrawFn
    smooth: bool = False
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def number(self, low: float = 0.1, high: float = 3.0) -> str:
        """Draw a number with three decimals."""
        return f"{self.draw(st.integers(round(low * 1000), round(high * 1000))) / 1000:g}"

    def odd_number(self) -> str:
        """Draw a number that no calculation with short decimals gives."""
        return f"{self.draw(st.integers(-3, 3))}.{self.draw(st.sampled_from(ODD_DIGITS))}"

    def pick(self, *choices: str) -> str:
        """Draw one of some texts."""
        return self.draw(st.sampled_from(choices))

    def define(self, name: str, ranges: tuple[str, ...], right: str) -> None:
        """Add a variable."""
        subscripts = f"[{', '.join(ranges)}]" if ranges else ""
        self.lines.append(f"{name}{subscripts} = {right} ~ ~ |")
        self.names[name] = ranges


ODD_DIGITS = ("3141597", "7182819", "4142137", "5772157")
REDUCTIONS = ("SUM", "VMIN", "VMAX", "PROD")
SMOOTH_FUNCTIONS = (
    "({a} + {b})",
    "({a} - {b})",
    "{a} * {b} / (1 + {b} * {b})",
    "{n} * {a}",
    "{a} / ({n} + {b} ^ 2)",
    "SIN({small})",
    "COS({small})",
    "EXP({small} / 4)",
    "LN(1.5 + {a} * {a})",
    "LOG(1.5 + {a} * {a}, {n} + 1.1)",
    "TAN({small} / 4)",
    "SQRT({a} * {a} + {n})",
    "ARCTAN({a})",
    "TANH({a})",
    "POWER(1 + {a} * {a}, {n} / 4)",
    "XIDZ({a}, 1 + {b} * {b}, {n})",
    "-{a}",
)
BROKEN_FUNCTIONS = (
    "MIN({a}, {b})",
    "MAX({a}, {b})",
    "ABS({a})",
    "IF THEN ELSE({condition}, {a}, {b})",
    "({n} * ({condition}))",
    "INTEGER({small} + {odd})",
    "MODULO(ABS({small}) + 0.7182819, {n})",
    "{table}({a})",
    "WITH LOOKUP({a}, ((-1,{n}),(0,0.3),({n},2)))",
    "STEP({n}, {date})",
    "RAMP({n}, {date}, {later})",
    "PULSE({date}, {width})",
    "PULSE TRAIN({date}, {width}, {interval}, {end})",
    "INITIAL({a})",
    "ZIDZ({a}, 1 + {b} * {b})",
    *(f"({{n}} * (Time {sign} 1.25))" for sign in ("<", "<=", ">", ">=", "=", "<>")),
    "({n} * (Time < 1 :OR: Time > 4))",
    "({n} * (Time > 1 :AND: Time < 4))",
    "({n} * (:NOT: Time < 3))",
    *(f"{name}(constant 3[region!, kind!])" for name in REDUCTIONS),
)
MEMORIES = (
    "SMOOTH({a}, {delay})",
    "SMOOTHI({a}, {delay}, {n})",
    "SMOOTH3({a}, {delay})",
    "SMOOTH3I({a}, {delay}, {n})",
    "DELAY1({a}, {delay})",
    "DELAY1I({a}, {delay}, {n})",
    "DELAY3({a}, {delay})",
    "DELAY3I({a}, {delay}, {n})",
    "DELAY FIXED({a}, {width}, {n})",
    "TREND(4 + SIN({small}), {delay}, 0.1)",
    "SAMPLE IF TRUE({condition}, {a}, {n})",
)
ALL_FUNCTIONS = SMOOTH_FUNCTIONS + BROKEN_FUNCTIONS + MEMORIES


def expression(draft: Draft, ranges: tuple[str, ...], depth: int) -> str:
    """Draw an expression over what is defined.

    Args:
        draft: The model so far.
        ranges: The subscript ranges of the equation that it stands in.
        depth: Of calls within calls.
    """
    if depth == 0 or draft.draw(st.integers(0, 4)) == 0:
        return leaf(draft, ranges)
    functions: tuple[str, ...] = SMOOTH_FUNCTIONS
    if not draft.smooth:
        functions += BROKEN_FUNCTIONS
    if not draft.tables:
        functions = tuple(text for text in functions if "{table}" not in text)
    return filled(draft, ranges, depth - 1, draft.pick(*functions))


def filled(draft: Draft, ranges: tuple[str, ...], depth: int, pattern: str) -> str:
    """Put expressions and numbers in the place of a pattern's fields."""
    a, b = expression(draft, ranges, depth), expression(draft, ranges, depth)
    fields = {
        "a": f"({a})",
        "b": f"({b})",
        "n": draft.number(),
        "odd": draft.odd_number(),
        "small": f"3 * TANH({a})",
        "condition": condition(draft, a, b),
        "date": draft.pick("0", "0.5", "1", "2.25"),
        "later": draft.pick("3", "4.5", "9"),
        # Between two points: at the very end Vensim still pulses, PySD does not.
        "end": draft.pick("3.1", "4.6", "9"),
        "width": draft.pick("0.25", "0.5", "1.25"),
        "interval": draft.pick("1.5", "2"),
        "delay": draft.pick("1", "1.5", "3.7"),
        "table": draft.pick(*draft.tables) if draft.tables else "",
    }
    return pattern.format(**fields)


def condition(draft: Draft, a: str, b: str) -> str:
    """Draw a truth value that rounding cannot turn."""
    one = f"SIN(3 * TANH({a})) {draft.pick('<', '<=', '>', '>=', '=', '<>')} {draft.odd_number()}"
    other = draft.pick(
        f"TANH({b}) > 0.{draft.pick(*ODD_DIGITS)}",
        f"Time {draft.pick('<', '<=', '>', '>=', '=', '<>')} 1.25",
    )
    return draft.pick(one, other, f"{one} :AND: {other}", f"{one} :OR: {other}", f":NOT: ({other})")


def leaf(draft: Draft, ranges: tuple[str, ...]) -> str:
    """Draw a number, Time, a variable, one of its elements, or a sum of them."""
    known = list(draft.names)
    kind = draft.draw(st.integers(0, 5))
    if kind == 0 or not known:
        return draft.number()
    if kind == 1:
        return "Time"
    return reference(draft, draft.pick(*known), ranges)


def reference(draft: Draft, name: str, ranges: tuple[str, ...]) -> str:
    """Refer to a variable; what its ranges have more than the equation's is chosen or reduced."""
    own = draft.names[name]
    if not own:
        return name
    reduce = draft.draw(st.booleans())
    subscripts = [
        item if item in ranges else f"{item}!" if reduce else draft.pick(*RANGES[item])
        for item in own
    ]
    text = f"{name}[{', '.join(subscripts)}]"
    if any("!" in item for item in subscripts):
        return f"{draft.pick(*REDUCTIONS)}({text})"
    return text


def constants(draft: Draft) -> None:
    """Define constants, scalar and subscripted."""
    for index, ranges in enumerate(DIMENSIONS):
        values = draft.number()
        if ranges:
            rows = [[draft.number() for _ in RANGES[ranges[-1]]] for _ in RANGES[ranges[0]]]
            values = (
                "; ".join(", ".join(row) for row in rows) + ";"
                if len(ranges) == 2
                else ", ".join(row[0] for row in rows)
            )
        draft.define(f"constant {index}", ranges, values)


def lookups(draft: Draft) -> None:
    """Define a table or two."""
    for index in range(draft.draw(st.integers(1, 2))):
        x = sorted(draft.draw(st.sets(st.integers(-40, 60), min_size=2, max_size=7)))
        points = ",".join(f"({value / 10:g},{draft.number(-2, 2)})" for value in x)
        draft.lines.append(f"table {index}({points}) ~ ~ |")
        draft.tables.append(f"table {index}")


def stocks(draft: Draft, dimensions: Sequence[tuple[str, ...]]) -> list[tuple[str, str]]:
    """Name stocks, so that all equations can use them; give names and initial values."""
    result: list[tuple[str, str]] = []
    for _ in range(draft.draw(st.integers(1, 3))):
        ranges = draft.draw(st.sampled_from(dimensions))
        name = f"stock {len(result)}"
        draft.names[name] = ranges
        result.append((name, draft.pick(draft.number(), "constant 0", "2 * constant 0")))
    return result


@st.composite
def model_texts(
    draw: st.DrawFn,
    smooth: bool = False,
    dimensions: Sequence[tuple[str, ...]] = DIMENSIONS,
    every: bool = False,
) -> str:
    """Draw the text of a model.

    Args:
        draw: Hypothesis's function.
        smooth: Whether only functions with continuous derivatives are allowed, no memory but
            stocks, and no lookups.
        dimensions: The combinations of ranges that stocks and auxiliaries may have.
        every: Whether every function is called somewhere.
    """
    draft = Draft(draw, smooth)
    draft.lines += [f"{name}: {', '.join(items)} ~ ~ |" for name, items in RANGES.items()]
    constants(draft)
    if not smooth:
        lookups(draft)
    levels = stocks(draft, dimensions)
    for index in range(draw(st.integers(1, 5))):
        ranges = draw(st.sampled_from(dimensions))
        text = expression(draft, ranges, 3)
        if not smooth and draw(st.booleans()):
            memory = filled(draft, ranges, 1, draft.pick(*MEMORIES))
            text = f"{memory} + {text}"
        draft.define(f"auxiliary {index}", ranges, f"3 * TANH(({text}) / 3)")
    for index, pattern in enumerate(ALL_FUNCTIONS if every else ()):
        ranges = draw(st.sampled_from(dimensions))
        draft.define(f"call {index}", ranges, filled(draft, ranges, 1, pattern))
    for name, initial in levels:
        ranges = draft.names[name]
        inflow = expression(draft, ranges, 2)
        own = reference(draft, name, ranges)
        draft.define(
            name, ranges, f"INTEG(2 * TANH({inflow}) - {draft.number(0.1, 1)} * {own}, {initial})"
        )
    return "{UTF-8}\n" + "\n".join(draft.lines) + CONTROL
