"""A lowered program as C, one member at a time: what a good engineer would write by hand.

The benchmark compares the native engine with it. Values are local scalars, what does not change
within a run is computed before the time loop, truth values are ints, tables are static. A lookup
finds its segment in one of several `SEARCHES`; which is fastest depends on the model.
"""

from __future__ import annotations

import ctypes
import math
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from flatgov.kernel.builder import slope
from flatgov.kernel.program import CHANGING, Operation, Program
from flatgov.model import Table

FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")
SEARCHES = ("scan", "unrolled", "remembered", "binary", "indexed")

_INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
_COMPARE = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
_TRUTH = frozenset({*_COMPARE, "and", "or", "not"})
_CALLS = {
    "abs": "fabs",
    "ln": "log",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
}


_SAME_CALLS = frozenset(
    ["sqrt", "floor", "trunc", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "pow"]
)


def c_source(
    program: Program, *, varying: Sequence[int], outputs: Sequence[int], search: str = "scan"
) -> str:
    """Write a program as C; Euler's method.

    The function ``run(parameters, members, steps, every, out)`` reads ``parameters[varying]
    [members]`` and writes ``out[members][saves][outputs]``; parameters that do not vary are
    literals.

    Raises:
        ValueError: The program has an operation that C has no function for.
    """
    return _Writer(program, varying, outputs, search).source()


class _Writer:
    def __init__(
        self, program: Program, varying: Sequence[int], outputs: Sequence[int], search: str
    ) -> None:
        self.program = program
        self.operations = program.operations
        self.varying = {number: place for place, number in enumerate(varying)}
        self.outputs = outputs
        self.search = search
        self.changing = _changing(self.operations)
        self.values = [state.value for state in program.states]
        self.starts = [state.initial for state in program.states]
        self.lengths = [state.length for state in program.states if state.kind == "delay"]

    def source(self) -> str:
        step = _reachable(self.operations, self.values)
        save = _reachable(self.operations, self.outputs)
        start = _reachable(self.operations, [*self.starts, *self.lengths])
        everything = step | save | start
        tables = sorted(n for n in everything if self.operations[n].code == "lookup")
        lines = ["#include <math.h>", "#include <stdlib.h>", "#include <string.h>"]
        for number in tables:
            lines += _table(number, self.operations[number].extra, self.search)
        lines += [
            "static void simulate(const double *restrict p, long members, long steps, long every,",
            "                     double *restrict out, double *restrict history) {",
            f"  double t = {_literal(self.program.initial_time)};",
            "  long i = 0;",
        ]
        lines += [f"  int k{number} = 0;" for number in tables]
        lines += self._list(everything - self.changing)
        lines += [f"  double s{number};" for number in range(len(self.program.states))]
        lines += ["  {", *self._list(start & self.changing), *self._initial(), "  }"]
        lines += ["  for (; i <= steps; i++) {"]
        lines += [
            f"    t = {_literal(self.program.initial_time)} + (double)i * "
            f"{_literal(self.program.time_step)};"
        ]
        lines += self._list(step & self.changing)
        lines += ["    if (i % every == 0) {", *self._list((save - step) & self.changing)]
        lines += [f"      *out++ = {self._double(number)};" for number in self.outputs]
        lines += ["    }", *self._advance(), "  }", "}", *self._entry()]
        return "\n".join(lines) + "\n"

    def _list(self, numbers: Collection[int]) -> list[str]:
        lines = []
        for number in sorted(numbers):
            operation = self.operations[number]
            if operation.code in ("number", "state"):
                continue
            if operation.code in _TRUTH:
                lines.append(f"    const int b{number} = {self._truth_value(operation)};")
            else:
                lines.append(f"    const double v{number} = {self._value(number, operation)};")
        return lines

    def _value(self, number: int, operation: Operation) -> str:
        code, extra = operation.code, operation.extra
        arguments = [self._double(argument) for argument in operation.arguments]
        if code in ("time", "held time"):
            return "t"
        if code == "step":
            return "(double)i"
        if code in ("parameter", "first parameter"):
            if extra in self.varying:
                return f"p[{self.varying[extra]} * members]"
            return _literal(self.program.parameters[extra].base)
        if code == "changed initial":
            return arguments[0]
        if code in _INFIX:
            return f"{arguments[0]} {_INFIX[code]} {arguments[1]}"
        if code in ("min", "max"):
            a, b = arguments
            return f"{a} {'<' if code == 'min' else '>'} {b} ? {a} : {b}"
        if code == "neg":
            return f"-{arguments[0]}"
        if code == "select":
            return f"{self._truth(operation.arguments[0])} ? {arguments[1]} : {arguments[2]}"
        if code == "lookup":
            return f"look{number}({arguments[0]}, &k{number})"
        if code in _CALLS or code in _SAME_CALLS:
            return f"{_CALLS.get(code, code)}({', '.join(arguments)})"
        raise ValueError(f"'{code}' has no counterpart in C")

    def _truth_value(self, operation: Operation) -> str:
        if operation.code in _COMPARE:
            a, b = (self._double(argument) for argument in operation.arguments)
            return f"{a} {_COMPARE[operation.code]} {b}"
        sides = [self._truth(argument) for argument in operation.arguments]
        if operation.code == "not":
            return f"!{sides[0]}"
        return f" {'&' if operation.code == 'and' else '|'} ".join(sides)

    def _double(self, number: int) -> str:
        operation = self.operations[number]
        if operation.code == "number":
            return _literal(operation.extra)
        if operation.code == "state":
            return f"s{operation.extra}"
        return f"(double)b{number}" if operation.code in _TRUTH else f"v{number}"

    def _truth(self, number: int) -> str:
        if self.operations[number].code in _TRUTH:
            return f"b{number}"
        return f"({self._double(number)} != 0.0)"

    def _initial(self) -> list[str]:
        lines = []
        for number, state in enumerate(self.program.states):
            lines.append(f"    s{number} = {self._double(state.initial)};")
        return lines

    def _delays(self) -> dict[int, int]:
        delays = [n for n, state in enumerate(self.program.states) if state.kind == "delay"]
        return {number: place for place, number in enumerate(delays)}

    def _advance(self) -> list[str]:
        """All new values before any state changes."""
        lines, moves = [], []
        delays = self._delays()
        for number, state in enumerate(self.program.states):
            value = self._double(state.value)
            if state.kind == "integral":
                step = _literal(self.program.time_step)
                lines.append(f"    const double n{number} = s{number} + {step} * ({value});")
            elif state.kind == "held":
                lines.append(f"    const double n{number} = {value};")
            else:
                row = f"history + {delays[number]} * (steps + 1)"
                length = f"(long){self._double(state.length)}"
                lines.append(f"    double *const h{number} = {row};")
                lines.append(f"    h{number}[i] = {value};")
                past = f"h{number}[i + 1 - {length}]"
                lines.append(f"    const double n{number} = i + 1 < {length} ? s{number} : {past};")
            moves.append(f"    s{number} = n{number};")
        return lines + moves

    def _entry(self) -> list[str]:
        return [
            "void run(const double *parameters, long members, long steps, long every,",
            "         double *out) {",
            f"  double *history = malloc(sizeof(double) * (steps + 1) * {len(self.lengths) + 1});",
            "  for (long m = 0; m < members; m++)",
            "    simulate(parameters + m, members, steps, every,",
            f"             out + m * (steps / every + 1) * {len(self.outputs)}, history);",
            "  free(history);",
            "}",
        ]


def _changing(operations: Sequence[Operation]) -> set[int]:
    """Give what must be computed in every step."""
    result: set[int] = set()
    for number, operation in enumerate(operations):
        if operation.code in CHANGING or any(a in result for a in operation.arguments):
            result.add(number)
    return result


def _reachable(operations: Sequence[Operation], roots: Iterable[int]) -> set[int]:
    result: set[int] = set()
    waiting = list(roots)
    while waiting:
        number = waiting.pop()
        if number not in result:
            result.add(number)
            waiting.extend(operations[number].arguments)
    return result


def _literal(value: float) -> str:
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "(-INFINITY)"
    return f"({value.hex()})" if value < 0 else value.hex()


def _array(name: str, values: Iterable[float]) -> str:
    return f"static const double {name}[] = {{{', '.join(map(_literal, values))}}};"


def _table(number: int, table: Table, search: str) -> list[str]:
    x, y, count = table.x, table.y, len(table.x)
    slopes = [slope(table, i) if x[i + 1] > x[i] else 0.0 for i in range(count - 1)] or [0.0]
    head = f"static inline double look{number}(double x, int *restrict last) {{"
    lines = [_array(f"X{number}", x), _array(f"Y{number}", y), _array(f"S{number}", slopes), head]
    if table.interpolation == "raw":
        lines.append(f"  for (int k = 0; k < {count}; k++) if (X{number}[k] == x)")
        return [*lines, f"    return Y{number}[k];", "  return NAN;", "}"]
    if table.interpolation == "look forward":
        lines.append(f"  for (int k = 0; k < {count}; k++) if (X{number}[k] >= x)")
        return [*lines, f"    return Y{number}[k];", f"  return {_literal(y[-1])};", "}"]
    if table.interpolation != "extrapolate" or count == 1:
        lines.append(f"  if (x <= {_literal(x[0])}) return {_literal(y[0])};")
        lines.append(f"  if (x >= {_literal(x[-1])}) return {_literal(y[-1])};")
    if count == 1:
        return [*lines, "  return NAN;", "}"]
    if search == "unrolled" and table.interpolation != "hold backward":
        for k in range(count - 2):
            lines.append(f"  if (x < {_literal(x[k + 1])}) return {_segment(table, slopes, k)};")
        return [*lines, f"  return {_segment(table, slopes, count - 2)};", "}"]
    lines += _find(number, table, search)
    if table.interpolation == "hold backward":
        return [*lines, f"  return Y{number}[k];", "}"]
    return [*lines, f"  return Y{number}[k] + (x - X{number}[k]) * S{number}[k];", "}"]


def _segment(table: Table, slopes: Sequence[float], k: int) -> str:
    return f"{_literal(table.y[k])} + (x - {_literal(table.x[k])}) * {_literal(slopes[k])}"


def _find(number: int, table: Table, search: str) -> list[str]:
    """Write the search for the segment k with X[k] <= x < X[k + 1]."""
    last = len(table.x) - 2
    widths = np.diff(table.x)
    even = bool(np.allclose(widths, widths[0], rtol=1e-12, atol=0.0))
    if search == "indexed" and even:
        per_unit = _literal(1.0 / float(widths[0]))
        return [
            f"  int k = (int)((x - {_literal(table.x[0])}) * {per_unit});",
            f"  k = k < 0 ? 0 : k > {last} ? {last} : k;",
        ]
    if search == "remembered":
        return [
            "  int k = *last;",
            f"  while (k < {last} && x >= X{number}[k + 1]) k++;",
            f"  while (k > 0 && x < X{number}[k]) k--;",
            "  *last = k;",
        ]
    if search == "binary":
        return [
            f"  int k = 0, high = {last + 1};",
            "  while (high - k > 1) {",
            "    const int middle = (k + high) / 2;",
            f"    if (x >= X{number}[middle]) k = middle; else high = middle;",
            "  }",
        ]
    return ["  int k = 0;", f"  while (k < {last} && x >= X{number}[k + 1]) k++;"]


class CProgram:
    """A compiled program."""

    def __init__(
        self,
        program: Program,
        folder: Path,
        *,
        varying: Sequence[int],
        outputs: Sequence[int],
        search: str = "scan",
        flags: Sequence[str] = FLAGS,
    ) -> None:
        """Compile with gcc.

        Raises:
            ValueError: The program has an operation that C has no function for.
            OSError: There is no gcc.
            subprocess.CalledProcessError: gcc failed.
        """
        text = c_source(program, varying=varying, outputs=outputs, search=search)
        # A library loaded before must not be written over.
        folder = Path(tempfile.mkdtemp(dir=folder))
        source, library = folder / "program.c", folder / "program.so"
        source.write_text(text, encoding="utf-8")
        command = ["gcc", *flags, str(source), "-o", str(library), "-lm"]
        subprocess.run(command, check=True, capture_output=True, text=True)
        self._run = ctypes.CDLL(str(library)).run
        pointer = ctypes.POINTER(ctypes.c_double)
        self._run.argtypes = [pointer, ctypes.c_long, ctypes.c_long, ctypes.c_long, pointer]
        self._run.restype = None
        self._outputs = len(outputs)

    def run(
        self, parameters: npt.NDArray[np.float64], steps: int, every: int = 1
    ) -> npt.NDArray[np.float64]:
        """Simulate; parameters (varying, member) give values (member, save, output)."""
        pointer = ctypes.POINTER(ctypes.c_double)
        given = np.ascontiguousarray(parameters, dtype=np.float64)
        members = given.shape[1]
        out = np.empty((members, steps // every + 1, self._outputs))
        self._run(given.ctypes.data_as(pointer), members, steps, every, out.ctypes.data_as(pointer))
        return out
