"""A model as data: variables with their equations as trees, and the time settings.

Nothing here knows of files or engines; `flatgov.reading` makes a `Model` from a file and
`flatgov.run` simulates it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from flatgov.errors import ModelError, nearest_names
from flatgov.names import canonical

if TYPE_CHECKING:
    import xarray as xr

Kind = Literal["stock", "flow", "auxiliary", "constant", "lookup", "data"]
Operation = Literal["set", "add", "scale"]
Integrator = Literal["euler", "rk4"]
TimeUnit = Literal["year", "quarter", "month", "week", "day", "hour", "minute", "second"]

# Vensim's :NA:, a number like any other so that "x = :NA:" can ask for it (vensim.com, "na.html").
NA = -(2.0**109)

# The argument of `Model.run` that stands in the place of each.
_TIME_SETTINGS = {
    "initial time": "",
    "final time": "final_time",
    "time step": "time_step",
    "saveper": "saveper",
}

# A FINAL TIME that changes during the run is a variable of this name.
FINAL_TIME = "FINAL TIME"


@dataclass(frozen=True)
class Number:
    """A numeric constant inside an equation."""

    value: float


@dataclass(frozen=True)
class Text:
    """A quoted string inside an equation: a file name, a sheet, a cell."""

    value: str


@dataclass(frozen=True)
class Reference:
    """A variable used in an equation, under the name that its definition has."""

    name: str
    subscripts: tuple[str, ...] = ()


Interpolation = Literal["interpolate", "extrapolate", "look forward", "hold backward", "raw"]


@dataclass(frozen=True)
class Table:
    """The points of a lookup or of data over time, in ascending order of `x`.

    Between two points ``interpolate`` and ``extrapolate`` are linear, ``look forward`` gives
    the next point's `y`, ``hold backward`` the last one's, ``raw`` NaN. Beyond the ends the
    nearest `y` holds, but ``extrapolate`` goes on with the slope of the last two points and
    ``raw`` gives NaN.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    interpolation: Interpolation = "interpolate"


@dataclass(frozen=True)
class Array:
    """A constant array, in row-major order."""

    values: tuple[float, ...]
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """A function or an operator applied to its arguments.

    Functions carry their Vensim name in capitals (``"MAX"``, ``"INTEG"``, ``"SMOOTH3I"``,
    ``"LOOKUP"`` with the table as first argument); operators their sign (``"+"``, ``"<="``,
    ``":AND:"``); a leading minus is ``"negative"``.
    """

    function: str
    arguments: tuple[Expression, ...]


Expression = Number | Text | Reference | Table | Array | Call


@dataclass(frozen=True)
class Equation:
    """One equation of a variable: all of it, or its part for some subscripts."""

    expression: Expression
    text: str
    line: int
    subscripts: tuple[str, ...] = ()
    excluded: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Variable:
    """A variable as its model file defines it.

    Attributes:
        name: In the spelling of the model file.
        kind: ``stock``, ``flow``, ``auxiliary``, ``constant``, ``lookup`` or ``data``.
        units: As written in the file, without the limits.
        limits: Lowest and highest allowed value, ``None`` where open.
        documentation: The comment field.
        equations: One, or one for each part of a subscripted variable.
        subscripts: The names of its subscript ranges, in order.
        group: The Vensim group (sector) that the variable stands in, or ``""``.
    """

    name: str
    kind: Kind
    units: str
    limits: tuple[float | None, float | None]
    documentation: str
    equations: tuple[Equation, ...]
    subscripts: tuple[str, ...] = ()
    group: str = ""

    @property
    def equation(self) -> str:
        """The right-hand side as written, parts of a subscripted variable joined by ``; ``."""
        return "; ".join(equation.text for equation in self.equations)

    @property
    def line(self) -> int:
        """The line of the file on which the definition starts."""
        return self.equations[0].line


@dataclass(frozen=True)
class Macro:
    """A macro of a model: equations that a call puts in its place.

    Attributes:
        name: In capitals, as in the `Call.function` of its calls.
        inputs: The names of its arguments, in order.
        outputs: The names of its results, in order; a call stands for the first.
        variables: By name; neither inputs nor control variables are among them.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    variables: Mapping[str, Variable]


@dataclass(frozen=True)
class TimeSettings:
    """The control variables, in the model's unit of time.

    Where FINAL TIME changes, `final` is its value at the start, and the last time of any run.
    """

    initial: float
    final: float
    step: float
    saveper: float
    units: str = ""


@dataclass(frozen=True)
class BaseDate:
    """The date of time 0 and the unit of time, from the settings of a Vensim model."""

    year: int
    month: int
    day: int
    unit: TimeUnit


@dataclass(frozen=True)
class Change:
    """A dated change of one variable, in model time.

    ``set`` moves the value to `value`, ``add`` by it, ``scale`` multiplies by it; with a
    `ramp` the change grows linearly from nothing at `start` to its whole at ``start + ramp``;
    at `end` it is undone. Of a stock, the initial value is changed; of a lookup, the outputs
    are scaled; both only from the start of the run.

    `draw` names the uncertain quantity that gives the value in each draw, if there is one;
    `value` is then the value of a run without draws.
    """

    variable: str
    operation: Operation
    value: float
    start: float
    ramp: float = 0.0
    end: float | None = None
    draw: str = ""


@dataclass(frozen=True)
class Model:
    """A model read from a file. Immutable; runs never change it.

    Attributes:
        name: The file's name without its ending.
        path: Where it was read from, for messages.
        variables: By name, in the order of the file, control variables left out.
        subscripts: The elements of each subscript range.
        time: The control variables.
        source: The bytes of the file.
        macros: By name in capitals.
        mappings: For a subscript range that is mapped to others: for each of those, its
            elements in the order of the range's own.
        integrator: The method that the file asks for.
        time_constants: The constants that decide the time settings; no run can change them.
        files: SHA-256 of each other file that values were read from, by its name in the model.
        data: The files of data that were given for the model, in order.
        base_date: What dates are counted from, where the model has it.
        unit_synonyms: Groups of units that the file says mean the same; the first of each group
            stands for all.
    """

    name: str
    path: str
    variables: Mapping[str, Variable]
    subscripts: Mapping[str, tuple[str, ...]]
    time: TimeSettings
    source: bytes = field(repr=False)
    macros: Mapping[str, Macro] = field(default_factory=dict)
    mappings: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    integrator: Integrator = "euler"
    time_constants: frozenset[str] = frozenset()
    files: Mapping[str, str] = field(default_factory=dict)
    data: tuple[str, ...] = ()
    base_date: BaseDate | None = None
    unit_synonyms: tuple[tuple[str, ...], ...] = ()

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content of the file and of those that it reads, in hexadecimal."""
        digest = hashlib.sha256(self.source)
        for name, content in sorted(self.files.items()):
            digest.update(f"\0{name}\0{content}".encode())
        return digest.hexdigest()

    @cached_property
    def _by_canonical_name(self) -> dict[str, Variable]:
        return {canonical(name): variable for name, variable in self.variables.items()}

    def find(self, name: str, where: str = "") -> Variable:
        """Look a variable up as Vensim does: case, spaces and underscores do not matter.

        Args:
            name: The name in any spelling.
            where: The place of the name, for the message.

        Returns:
            The variable.

        Raises:
            ModelError: There is no such variable; the message names the nearest.
        """
        try:
            return self._by_canonical_name[canonical(name)]
        except KeyError:
            raise self._unknown(name, where) from None

    def _unknown(self, name: str, where: str) -> ModelError:
        setting = canonical(name)
        if setting in _TIME_SETTINGS:
            argument = _TIME_SETTINGS[setting]
            given = f"give {argument}=… (in Python) or " if argument else ""
            return ModelError(
                f"{setting.upper()} is a time setting",
                where=where,
                fix=f"{given}change it in the model",
            )
        whole = self._by_canonical_name.get(canonical(name.partition("[")[0]))
        if whole is not None and name.rstrip().endswith("]"):
            return ModelError(
                f"'{name}' is one element, and elements cannot be named one by one",
                where=where,
                fix=f"give '{whole.name}', which means all of them",
            )
        return ModelError(
            f"'{name}' is not a variable of {self.path}",
            where=where,
            nearest=nearest_names(name, self.variables),
            fix="`flatgov describe` lists the names",
        )

    def run(
        self,
        params: Mapping[str, float | Sequence[float]] | None = None,
        *,
        save: Sequence[str] | None = None,
        time_step: float | None = None,
        saveper: float | None = None,
        final_time: float | None = None,
        integrator: Integrator | None = None,
        engine: Literal["native", "pysd"] = "native",
        seed: int = 0,
    ) -> xr.Dataset:
        """Simulate the model.

        Args:
            params: New values of constants or initial values of stocks, by name. A sequence
                of values adds the dimension ``draw``; all sequences have one length.
            save: The variables to keep, or one; all but lookups by default.
            time_step: In place of the model's TIME STEP.
            saveper: In place of the model's SAVEPER.
            final_time: In place of the model's FINAL TIME.
            integrator: In place of the method that the file asks for.
            engine: ``"native"``: the model as machine code. ``"pysd"``: PySD in a fresh model for
                each run, slow and by Euler's method only, as a check.
            seed: Of the random numbers; each draw has its own. Of no effect with PySD.

        Returns:
            A float64 dataset with dimensions ``(draw,) time`` and the model's subscripts.
            Variables carry ``units``, ``long_name``, ``kind``, ``equation`` and
            ``description``. Where a value is NaN or infinite, the attribute ``failed`` says, as
            JSON, for each such draw which variable was it first and when.

        Raises:
            ModelError: A name, value or time setting does not fit the model, or the model uses
                what the engine does not know.
            RunError: The engine is PySD and every run failed.
        """
        from flatgov.run.model_run import run_model

        return run_model(
            self,
            {} if params is None else params,
            save=save,
            time_step=time_step,
            saveper=saveper,
            final_time=final_time,
            integrator=integrator,
            engine=engine,
            seed=seed,
        )


def references(expression: Expression) -> Iterator[str]:
    """Yield the name of every variable that an expression uses, in order, with repeats."""
    if isinstance(expression, Reference):
        yield expression.name
    elif isinstance(expression, Call):
        for argument in expression.arguments:
            yield from references(argument)
