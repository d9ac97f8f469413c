"""The right form of what modellers bring along from other tools and languages."""

from __future__ import annotations

# Functions of XMILE, spreadsheets and programming languages, in capitals → what Vensim has.
_IN_VENSIM = {
    "ACOS": "ARCCOS(x)",
    "ASIN": "ARCSIN(x)",
    "ATAN": "ARCTAN(x)",
    "AVERAGE": "SUM(x[range!]) / ELMCOUNT(range)",
    "DELAY": "DELAY FIXED(x, time, initial value)",
    "DELAYN": "DELAY N(x, time, initial value, order)",
    "EXPRND": "RANDOM EXPONENTIAL(low, high, shift, stretch, seed)",
    "FLOOR": "INTEGER(x)",
    "FORCST": "FORECAST(x, average time, horizon)",
    "IF": "IF THEN ELSE(condition, then, else)",
    "IFTHENELSE": "IF THEN ELSE(condition, then, else)",
    "IIF": "IF THEN ELSE(condition, then, else)",
    "INIT": "INITIAL(x)",
    "INT": "INTEGER(x)",
    "INTEGRAL": "INTEG(flow, initial value)",
    "LN10": "LOG(x, 10)",
    "LOG10": "LOG(x, 10)",
    "MEAN": "SUM(x[range!]) / ELMCOUNT(range)",
    "MOD": "MODULO(a, b)",
    "NORMAL": "RANDOM NORMAL(low, high, mean, deviation, seed)",
    "POW": "POWER(a, b) or a ^ b",
    "PREVIOUS": "DELAY FIXED(x, TIME STEP, initial value)",
    "RAND": "RANDOM 0 1()",
    "RANDOM": "RANDOM UNIFORM(low, high, seed)",
    "ROUND": "INTEGER(x + 0.5)",
    "SAFEDIV": "ZIDZ(a, b) or XIDZ(a, b, otherwise)",
    "SIZE": "ELMCOUNT(range)",
    "SMOOTH1": "SMOOTH(x, time)",
    "SMOOTHN": "SMOOTH N(x, time, initial value, order)",
    "SMTH1": "SMOOTH(x, time)",
    "SMTH3": "SMOOTH3(x, time)",
    "SMTHN": "SMOOTH N(x, time, initial value, order)",
    "UNIFORM": "RANDOM UNIFORM(low, high, seed)",
}
# Functions of Vensim and others, in capitals → what XMILE has.
_IN_XMILE = {
    "ACOS": "ARCCOS(x)",
    "ACTIVE INITIAL": "<init_eqn> beside <eqn>",
    "ASIN": "ARCSIN(x)",
    "ATAN": "ARCTAN(x)",
    "DELAY FIXED": "DELAY(x, time, initial value)",
    "DELAY N": "DELAYN(x, time, order, initial value)",
    "DELAY1I": "DELAY1(x, time, initial value)",
    "DELAY3I": "DELAY3(x, time, initial value)",
    "ELMCOUNT": "SIZE(dimension)",
    "FLOOR": "INT(x)",
    "FORECAST": "FORCST(x, average time, horizon)",
    "IIF": "IF condition THEN a ELSE b",
    "IFTHENELSE": "IF condition THEN a ELSE b",
    "INITIAL": "INIT(x)",
    "INTEG": "a <stock> with <inflow> and <outflow>",
    "INTEGER": "INT(x)",
    "MODULO": "a MOD b",
    "POW": "a ^ b",
    "POWER": "a ^ b",
    "RANDOM 0 1": "UNIFORM(0, 1)",
    "RANDOM NORMAL": "NORMAL(mean, deviation, seed)",
    "RANDOM UNIFORM": "UNIFORM(low, high, seed)",
    "SMOOTH": "SMTH1(x, time)",
    "SMOOTH N": "SMTHN(x, time, order, initial value)",
    "SMOOTH1": "SMTH1(x, time)",
    "SMOOTH3": "SMTH3(x, time)",
    "SMOOTH3I": "SMTH3(x, time, initial value)",
    "SMOOTHI": "SMTH1(x, time, initial value)",
    "VMAX": "MAX(x)",
    "VMIN": "MIN(x)",
    "WITH LOOKUP": "a <gf> beside <eqn>",
    "XIDZ": "SAFEDIV(a, b, otherwise)",
    "ZIDZ": "SAFEDIV(a, b)",
}
_VARIABLES_IN_VENSIM = {
    "DT": "TIME STEP",
    "STARTTIME": "INITIAL TIME",
    "STOPTIME": "FINAL TIME",
}
# Signs that XMILE does not have, in the order in which they are looked for → what it has.
_SIGNS = (
    ("**", "^"),
    ("&&", "AND"),
    ("&", "AND"),
    ("||", "OR"),
    ("|", "OR"),
    ("==", "="),
    ("!=", "<>"),
    ("≠", "<>"),
    ("=<", "<="),
    ("≤", "<="),
    ("=>", ">="),
    ("≥", ">="),
    ("!", "NOT"),
    ("~", "NOT"),
    ("%", "MOD"),
    (":and:", "AND"),
    (":or:", "OR"),
    (":not:", "NOT"),
)


def function_form(name: str, *, xmile: bool = False) -> str:
    """Say what to write for a function of another tool, as an imperative; ``""`` if unknown.

    Args:
        name: The function in any spelling.
        xmile: Whether the model is XMILE, not Vensim.
    """
    forms = _IN_XMILE if xmile else _IN_VENSIM
    form = forms.get(" ".join(name.replace("_", " ").upper().split()), "")
    return f"write {form}" if form else ""


def variable_form(name: str) -> str:
    """Give Vensim's name of what XMILE has as a variable, or ``""``."""
    return _VARIABLES_IN_VENSIM.get(name.strip().upper(), "")


def sign_form(before: str, rest: str) -> tuple[str, str]:
    """Find a sign of another language where the reading of an equation of XMILE stopped.

    Args:
        before: The equation up to there.
        rest: What follows.

    Returns:
        The sign and what XMILE has in its place; ``("", "")`` where there is none.
    """
    rest, last = rest.lower(), before[-1:]
    for text in (last + rest, rest) if last in tuple("*&|=!<>") else (rest,):
        for sign, form in _SIGNS:
            if text.startswith(sign):
                return sign, form
    return "", ""
