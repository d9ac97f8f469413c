"""How functions are written in typeset equations, and what they mean, for readers of a page.

The meanings are those of Vensim's reference manual, in other words.
"""

from __future__ import annotations

# Operators between two operands: how they are written, and how strongly they bind.
INFIX: dict[str, tuple[str, int]] = {
    ":OR:": ("or", 10),
    ":AND:": ("and", 20),
    "=": ("=", 40),
    "<>": ("≠", 40),
    "<": ("<", 40),
    ">": (">", 40),
    "<=": ("≤", 40),
    ">=": ("≥", 40),
    "+": ("+", 50),
    "-": ("−", 50),
    "*": ("×", 60),
    "/": ("/", 60),
    "^": ("^", 80),
}
PREFIX: dict[str, tuple[str, int]] = {":NOT:": ("not ", 30), "negative": ("−", 70)}

# Functions with a name of their own in mathematics.
SHORT = {
    "MAX": "max",
    "MIN": "min",
    "LN": "ln",
    "EXP": "exp",
    "SIN": "sin",
    "COS": "cos",
    "TAN": "tan",
    "SINH": "sinh",
    "COSH": "cosh",
    "TANH": "tanh",
    "ARCSIN": "arcsin",
    "ARCCOS": "arccos",
    "ARCTAN": "arctan",
    "MODULO": "mod",
    "INITIAL": "initial",
}

# Functions over the elements of a subscript.
OVER = {"SUM": "∑", "PROD": "∏", "VMAX": "max", "VMIN": "min"}

MEANINGS = {
    "ACTIVE INITIAL": "the first argument; at the start of the run the second one",
    "DELAY FIXED": "the first argument, as it was a fixed time (the second) ago; before that the "
    "third",
    "DELAY N": "a material delay of the first argument by the second, of the order given last",
    "DELAY1": "a material delay of first order: what goes in comes out after the second argument, "
    "on average",
    "DELAY1I": "as DELAY1, with an initial outflow",
    "DELAY3": "a material delay of third order by the second argument",
    "DELAY3I": "as DELAY3, with an initial outflow",
    "FORECAST": "the first argument, extended along its trend",
    "GAME": "a value that a player may change",
    "INITIAL": "the value that the argument has when the run starts",
    "INTEGER": "the argument without its fraction",
    "PULSE": "1 from the first argument on, for as long as the second; else 0",
    "PULSE TRAIN": "pulses from the first argument on, each as long as the second, one every "
    "third, until the fourth",
    "QUANTUM": "the first argument, rounded down to a multiple of the second",
    "RAMP": "0, then a line with the slope of the first argument from the second to the third",
    "RANDOM NORMAL": "a random number from a normal distribution: lowest, highest, mean, standard "
    "deviation, seed",
    "RANDOM UNIFORM": "a random number between the first and the second argument",
    "SAMPLE IF TRUE": "the second argument at the last moment at which the first held; before, "
    "the third",
    "SMOOTH": "the first argument, smoothed exponentially over the second",
    "SMOOTHI": "as SMOOTH, with an initial value",
    "SMOOTH3": "the first argument, smoothed three times over the second",
    "SMOOTH3I": "as SMOOTH3, with an initial value",
    "SMOOTH N": "the first argument, smoothed several times over the second",
    "STEP": "0, and the first argument from the second on",
    "TREND": "the growth rate of the first argument, as seen over the second",
    "VECTOR SELECT": "the elements of the second argument that the first picks, put together",
    "WITH LOOKUP": "the table that is plotted below, read at the first argument",
    "XIDZ": "the first argument over the second, but the third where the second is 0",
    "ZIDZ": "the first argument over the second, but 0 where the second is 0",
}
