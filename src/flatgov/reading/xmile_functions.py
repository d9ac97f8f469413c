"""XMILE's functions in terms of Vensim's, for which the engines have rules.

Sources: OASIS, XMILE 1.0, section 3.5; for SAFEDIV, SINWAVE, COSWAVE, UNIFORM and the third
argument of RAMP, isee systems' help for Stella. Files that Vensim wrote keep Vensim's INTEGER,
MODULO and ZIDZ under XMILE's names, and so they are read.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from pysd.translators.structures import abstract_expressions as ae

# With the arguments and whether Vensim wrote the file.
Rule = Callable[..., Any]

_TIME = ae.ReferenceStructure("time")
_TIME_STEP = ae.ReferenceStructure("time_step")
# Wide enough never to cut a sample off, and finite after division by a small deviation.
_FAR = 1e300


def call(function: str, *arguments: Any) -> ae.CallStructure:
    """Make a call of a function under Vensim's name, in lower case with underscores."""
    return ae.CallStructure(ae.ReferenceStructure(function), arguments)


def arithmetic(sign: str, *arguments: Any) -> Any:
    """Apply one operator to arguments, grouped from the left."""
    if len(arguments) == 1:
        return arguments[0]
    return ae.ArithmeticStructure([sign] * (len(arguments) - 1), arguments)


def compare(sign: str, left: Any, right: Any) -> ae.LogicStructure:
    """Compare two values."""
    return ae.LogicStructure([sign], (left, right))


def chain(function: str, *arguments: Any) -> Any:
    """Apply a function of two arguments to several, from the left."""
    return functools.reduce(lambda left, right: call(function, left, right), arguments)


def modulo(a: Any, b: Any, vensim: bool) -> Any:
    """MOD: what is left of a after b * INT(a / b), with the sign of b."""
    if vensim:
        return call("modulo", a, b)
    return arithmetic("-", a, arithmetic("*", b, _floor(arithmetic("/", a, b), False)))


def safe_division(a: Any, b: Any, otherwise: Any, vensim: bool) -> Any:
    """SAFEDIV and ``//``: another value where the denominator is zero."""
    if vensim:
        return call("zidz", a, b) if otherwise == 0.0 else call("xidz", a, b, otherwise)
    return call("if_then_else", compare("=", b, 0.0), otherwise, arithmetic("/", a, b))


def previous(x: Any, initial: Any) -> Any:
    """PREVIOUS: the value of the step before."""
    return ae.DelayFixedStructure(x, _TIME_STEP, initial)


def _floor(x: Any, vensim: bool) -> Any:
    """INT: the next whole number below; Vensim's INTEGER goes towards zero."""
    whole = call("integer", x)
    if vensim:
        return whole
    below = arithmetic("-", whole, 1.0)
    return call("if_then_else", compare(">", whole, x), below, whole)


def _same(function: str) -> Rule:
    """A function that Vensim has with the same arguments."""
    return lambda *arguments, vensim: call(function, *arguments)


def _delay(order: int) -> Rule:
    return lambda x, time, initial=None, *, vensim: ae.DelayStructure(
        x, time, x if initial is None else initial, order
    )


def _smooth(order: int) -> Rule:
    return lambda x, time, initial=None, *, vensim: ae.SmoothStructure(
        x, time, x if initial is None else initial, order
    )


def _fixed(x: Any, time: Any, initial: Any = None, *, vensim: bool) -> Any:
    return ae.DelayFixedStructure(x, time, x if initial is None else initial)


def _delay_n(x: Any, time: Any, order: Any, initial: Any = None, *, vensim: bool) -> Any:
    return ae.DelayNStructure(x, time, x if initial is None else initial, order)


def _smooth_n(x: Any, time: Any, order: Any, initial: Any = None, *, vensim: bool) -> Any:
    return ae.SmoothNStructure(x, time, x if initial is None else initial, order)


def _pulse(volume: Any, first: Any, interval: Any = 0.0, *, vensim: bool) -> Any:
    if interval == 0.0:
        return call("Xpulse", first, volume)
    return call("Xpulse_train", first, interval, volume)


def _ramp(slope: Any, start: Any, *end: Any, vensim: bool) -> Any:
    return call("ramp" if end else "Xramp", slope, start, *end)


def _wave(function: str) -> Rule:
    def rule(amplitude: Any, period: Any, *, vensim: bool) -> Any:
        angle = arithmetic("/", arithmetic("*", 2 * math.pi, _TIME), period)
        return arithmetic("*", amplitude, call(function, angle))

    return rule


def _normal(mean: Any, deviation: Any, seed: Any = 0.0, *, vensim: bool) -> Any:
    return call("random_normal", -_FAR, _FAR, mean, deviation, seed)


def _log_normal(mean: Any, deviation: Any, seed: Any = 0.0, *, vensim: bool) -> Any:
    """Mean and deviation are those of the samples, not of their logarithms."""
    ratio = arithmetic("/", deviation, mean)
    variance = call("ln", arithmetic("+", 1.0, arithmetic("*", ratio, ratio)))
    middle = arithmetic("-", call("ln", mean), arithmetic("/", variance, 2.0))
    return call("exp", _normal(middle, call("sqrt", variance), seed, vensim=vensim))


FUNCTIONS: dict[str, tuple[int, int, Rule]] = {
    **{
        name: (1, 1, _same(name))
        for name in (
            *("abs", "sqrt", "exp", "ln", "sin", "cos", "tan", "arcsin", "arccos", "arctan"),
            *("sinh", "cosh", "tanh"),
        )
    },
    "int": (1, 1, lambda x, vensim: _floor(x, vensim)),
    "mod": (2, 2, modulo),
    "log10": (1, 1, lambda x, vensim: call("log", x, 10.0)),
    "log": (2, 2, _same("log")),
    "max": (2, 99, lambda *x, vensim: chain("max", *x)),
    "min": (2, 99, lambda *x, vensim: chain("min", *x)),
    "safediv": (2, 3, lambda a, b, c=0.0, *, vensim: safe_division(a, b, c, vensim)),
    "if_then_else": (3, 3, _same("if_then_else")),
    "if then else": (3, 3, _same("if_then_else")),
    "init": (1, 1, lambda x, vensim: ae.InitialStructure(x)),
    "delay": (2, 3, _fixed),
    "delay1": (2, 3, _delay(1)),
    "delay3": (2, 3, _delay(3)),
    "delayn": (3, 4, _delay_n),
    "smth1": (2, 3, _smooth(1)),
    "smth3": (2, 3, _smooth(3)),
    "smthn": (3, 4, _smooth_n),
    "trend": (2, 3, lambda x, time, start=0.0, *, vensim: ae.TrendStructure(x, time, start)),
    "forcst": (
        3,
        4,
        lambda x, time, horizon, trend=0.0, *, vensim: ae.ForecastStructure(
            x, time, horizon, trend
        ),
    ),
    "pulse": (2, 3, _pulse),
    "ramp": (2, 3, _ramp),
    "step": (2, 2, _same("step")),
    "sinwave": (2, 2, _wave("sin")),
    "coswave": (2, 2, _wave("cos")),
    "exprnd": (
        1,
        2,
        lambda mean, seed=0.0, *, vensim: call("random_exponential", 0.0, _FAR, 0.0, mean, seed),
    ),
    "normal": (2, 3, _normal),
    "lognormal": (2, 3, _log_normal),
    "random": (
        2,
        3,
        lambda low, high, seed=0.0, *, vensim: call("random_uniform", low, high, seed),
    ),
    "uniform": (
        2,
        3,
        lambda low, high, seed=0.0, *, vensim: call("random_uniform", low, high, seed),
    ),
}

# Functions of XMILE and Stella without a rule here; all others are misspelt.
UNSUPPORTED = frozenset(
    {
        *("poisson", "montecarlo", "beta", "binomial", "gamma", "geometric", "logistic", "pareto"),
        *("negbinomial", "triangular", "weibull", "invnorm", "normalcdf", "rank", "stddev"),
        *("history", "round", "rootn", "derivn", "npv", "irr", "pmt", "pv", "fv", "counter"),
        *("cgrowth", "endval", "lookupinv", "lookuparea", "lookupmean", "percent", "pct"),
        *("cycletime", "throughput", "qelem", "factorial", "combinations", "permutations"),
    }
)
