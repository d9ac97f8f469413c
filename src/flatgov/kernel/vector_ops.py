"""The few operations that our elementary functions are made of, as NumPy and as LLVM IR.

`flatgov.kernel.vector_math` writes each function once, with Python's operators on values of
unknown kind and with the methods of the two classes here. Every operation is one of IEEE 754's
correctly rounded ones or moves bits, so both back ends give the same bits on every machine.

Numbers are float64 (``double``), whole numbers int64 that wrap (``i64``), conditions ``i1``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

# A value of either back end, or a Python number that stands for all lanes alike.
Value = Any

_SYMBOLS = {
    ("+", "double"): "fadd",
    ("-", "double"): "fsub",
    ("*", "double"): "fmul",
    ("/", "double"): "fdiv",
    ("+", "i64"): "add",
    ("-", "i64"): "sub",
    ("*", "i64"): "mul",
    ("<<", "i64"): "shl",
    ("&", "i64"): "and",
    ("|", "i64"): "or",
    ("^", "i64"): "xor",
    ("&", "i1"): "and",
    ("|", "i1"): "or",
    ("<", "double"): "fcmp olt",
    (">", "double"): "fcmp ogt",
    ("<=", "double"): "fcmp ole",
    (">=", "double"): "fcmp oge",
    ("<", "i64"): "icmp slt",
    (">", "i64"): "icmp sgt",
}
_COMPARISONS = frozenset({"<", ">", "<=", ">="})


def bits_of(number: float) -> int:
    """Give the bits of a float64 as a signed 64-bit whole number."""
    return int(struct.unpack("<q", struct.pack("<d", number))[0])


class ArrayOperations:
    """The operations on NumPy arrays: float64, int64 and bool."""

    def select(self, condition: Value, yes: Value, no: Value) -> Value:
        """Give `yes` where the condition holds, else `no`."""
        return np.where(condition, yes, no)

    def equal(self, a: Value, b: Value) -> Value:
        """Compare; NaN equals nothing."""
        return a == b

    def unordered(self, a: Value, b: Value) -> Value:
        """Say whether at least one is NaN."""
        return np.isnan(a) | np.isnan(b)

    def absolute(self, x: Value) -> Value:
        """Clear the sign."""
        return np.abs(x)

    def floor(self, x: Value) -> Value:
        """Round down to a whole number."""
        return np.floor(x)

    def sqrt(self, x: Value) -> Value:
        """Take the square root, correctly rounded."""
        return np.sqrt(x)

    def with_sign(self, x: Value, sign: Value) -> Value:
        """Give `x` with the sign of `sign`."""
        return np.copysign(x, sign)

    def bits(self, x: Value) -> Value:
        """Read the bits of float64 as int64."""
        return np.asarray(x, np.float64).view(np.int64)

    def real(self, bits: Value) -> Value:
        """Read the bits of int64 as float64."""
        return bits.view(np.float64)

    def shift_right(self, bits: Value, count: Value) -> Value:
        """Shift right by 0 to 63 and fill with zeros."""
        places = np.uint64(count) if isinstance(count, int) else count.view(np.uint64)
        return (bits.view(np.uint64) >> places).view(np.int64)

    def item(self, table: Sequence[int], index: Value) -> Value:
        """Look up whole numbers; every index is in range."""
        return np.array(table, dtype=np.int64)[index]

    def where_any(
        self, condition: Value, compute: Callable[[], tuple[Value, ...]], others: tuple[Value, ...]
    ) -> tuple[Value, ...]:
        """Give `compute()` where the condition holds, else `others`.

        It is there to save time: `compute` is left out when the condition holds nowhere.
        """
        if not np.any(condition):
            return others
        return tuple(
            np.where(condition, new, old) for new, old in zip(compute(), others, strict=True)
        )


def _left(symbol: str) -> Callable[[TextValue, Value], TextValue]:
    return lambda a, b: a.text.binary(symbol, a, b)


def _right(symbol: str) -> Callable[[TextValue, Value], TextValue]:
    return lambda b, a: b.text.binary(symbol, a, b)


class TextValue:
    """A value of LLVM IR: a name and the kind of its lanes."""

    def __init__(self, text: TextOperations, name: str, kind: str) -> None:
        self.text = text
        self.name = name
        self.kind = kind

    __add__, __radd__ = _left("+"), _right("+")
    __sub__, __rsub__ = _left("-"), _right("-")
    __mul__, __rmul__ = _left("*"), _right("*")
    __truediv__, __rtruediv__ = _left("/"), _right("/")
    __and__, __or__, __xor__, __lshift__ = _left("&"), _left("|"), _left("^"), _left("<<")
    __lt__, __gt__, __le__, __ge__ = _left("<"), _left(">"), _left("<="), _left(">=")

    def __neg__(self) -> TextValue:
        """Flip the sign."""
        return self.text.emit("double", f"fneg {self.text.vector('double')} {self.name}")


class TextOperations:
    """The operations as lines of LLVM IR over vectors of a fixed number of lanes.

    Attributes:
        lanes: The length of the vectors.
        name: Of the function, for the names of its tables.
        lines: The body of a function so far.
        declarations: The intrinsics and tables that the lines use.
    """

    def __init__(self, lanes: int, name: str) -> None:
        self.lanes = lanes
        self.name = name
        self.lines: list[str] = []
        self.declarations: dict[str, None] = {}
        self._block = "entry"
        self._count = 0

    def vector(self, kind: str) -> str:
        """Give the type of a vector."""
        return f"<{self.lanes} x {kind}>"

    def emit(self, kind: str, operation: str) -> TextValue:
        """Add a line and give its value."""
        name = self._fresh()
        self.lines.append(f"  %{name} = {operation}")
        return TextValue(self, f"%{name}", kind)

    def binary(self, symbol: str, a: Value, b: Value) -> TextValue:
        """Apply one of Python's operators."""
        kind = a.kind if isinstance(a, TextValue) else b.kind
        return self._pair(_SYMBOLS[symbol, kind], kind, a, b, symbol in _COMPARISONS)

    def select(self, condition: Value, yes: Value, no: Value) -> TextValue:
        """Give `yes` where the condition holds, else `no`."""
        kind = _common_kind(yes, no)
        choices = f"{self._typed(kind, yes)}, {self._typed(kind, no)}"
        return self.emit(kind, f"select {self.vector('i1')} {condition.name}, {choices}")

    def equal(self, a: Value, b: Value) -> TextValue:
        """Compare; NaN equals nothing."""
        kind = _common_kind(a, b)
        return self._pair("fcmp oeq" if kind == "double" else "icmp eq", kind, a, b, True)

    def unordered(self, a: Value, b: Value) -> TextValue:
        """Say whether at least one is NaN."""
        return self._pair("fcmp uno", "double", a, b, True)

    def absolute(self, x: Value) -> TextValue:
        """Clear the sign."""
        return self._intrinsic("fabs", x)

    def floor(self, x: Value) -> TextValue:
        """Round down to a whole number."""
        return self._intrinsic("floor", x)

    def sqrt(self, x: Value) -> TextValue:
        """Take the square root, correctly rounded."""
        return self._intrinsic("sqrt", x)

    def with_sign(self, x: Value, sign: Value) -> TextValue:
        """Give `x` with the sign of `sign`."""
        return self._intrinsic("copysign", x, sign)

    def bits(self, x: Value) -> TextValue:
        """Read the bits of float64 as int64."""
        return self._cast("double", x, "i64")

    def real(self, bits: Value) -> TextValue:
        """Read the bits of int64 as float64."""
        return self._cast("i64", bits, "double")

    def shift_right(self, bits: Value, count: Value) -> TextValue:
        """Shift right by 0 to 63 and fill with zeros."""
        return self._pair("lshr", "i64", bits, count, False)

    def item(self, table: Sequence[int], index: Value) -> TextValue:
        """Look up whole numbers; every index is in range."""
        name = f"@{self.name}_table_{len(table)}"
        numbers = ", ".join(f"i64 {number}" for number in table)
        shape = f"[{len(table)} x i64]"
        self.declarations[f"{name} = internal unnamed_addr constant {shape} [{numbers}]"] = None
        result = "poison"
        for lane in range(self.lanes):
            place, address, number, vector = (self._fresh() for _ in range(4))
            self.lines += [
                f"  %{place} = extractelement {self.vector('i64')} {index.name}, i32 {lane}",
                f"  %{address} = getelementptr {shape}, ptr {name}, i64 0, i64 %{place}",
                f"  %{number} = load i64, ptr %{address}",
                f"  %{vector} = insertelement {self.vector('i64')} {result}, i64 %{number}, "
                f"i32 {lane}",
            ]
            result = f"%{vector}"
        return TextValue(self, result, "i64")

    def where_any(
        self, condition: Value, compute: Callable[[], tuple[Value, ...]], others: tuple[Value, ...]
    ) -> tuple[TextValue, ...]:
        """Give `compute()` where the condition holds, else `others`, behind a branch."""
        before, there, after = self._block, self._fresh(), self._fresh()
        mask, some = self._fresh(), self._fresh()
        self.lines += [
            f"  %{mask} = bitcast {self.vector('i1')} {condition.name} to i{self.lanes}",
            f"  %{some} = icmp ne i{self.lanes} %{mask}, 0",
            f"  br i1 %{some}, label %{there}, label %{after}",
            f"{there}:",
        ]
        self._block = there
        chosen = [
            self.select(condition, new, old) for new, old in zip(compute(), others, strict=True)
        ]
        self.lines += [f"  br label %{after}", f"{after}:"]
        came_from, self._block = self._block, after
        return tuple(
            self.emit(
                new.kind,
                f"phi {self.vector(new.kind)} [ {new.name}, %{came_from} ], "
                f"[ {self._operand(new.kind, old)}, %{before} ]",
            )
            for new, old in zip(chosen, others, strict=True)
        )

    def splat(self, scalar: str) -> TextValue:
        """Spread an ``i64`` argument of the function over the lanes."""
        vector = self.vector("i64")
        first = self.emit("i64", f"insertelement {vector} poison, i64 {scalar}, i32 0")
        mask = f"<{self.lanes} x i32> zeroinitializer"
        return self.emit("i64", f"shufflevector {vector} {first.name}, {vector} poison, {mask}")

    def _fresh(self) -> str:
        self._count += 1
        return f"v{self._count}"

    def _operand(self, kind: str, x: Value) -> str:
        if isinstance(x, TextValue):
            return x.name
        number = f"0x{bits_of(float(x)) & (2**64 - 1):016X}" if kind == "double" else str(int(x))
        return "<" + ", ".join([f"{kind} {number}"] * self.lanes) + ">"

    def _typed(self, kind: str, x: Value) -> str:
        return f"{self.vector(kind)} {self._operand(kind, x)}"

    def _pair(self, operation: str, kind: str, a: Value, b: Value, compares: bool) -> TextValue:
        operands = f"{self._typed(kind, a)}, {self._operand(kind, b)}"
        return self.emit("i1" if compares else kind, f"{operation} {operands}")

    def _cast(self, before: str, x: Value, after: str) -> TextValue:
        return self.emit(after, f"bitcast {self._typed(before, x)} to {self.vector(after)}")

    def _intrinsic(self, name: str, *arguments: Value) -> TextValue:
        vector, function = self.vector("double"), f"@llvm.{name}.v{self.lanes}f64"
        types = ", ".join([vector] * len(arguments))
        self.declarations[f"declare {vector} {function}({types})"] = None
        operands = ", ".join(self._typed("double", x) for x in arguments)
        return self.emit("double", f"call {vector} {function}({operands})")


def _common_kind(a: Value, b: Value) -> str:
    for x in (a, b):
        if isinstance(x, TextValue):
            return x.kind
    return "double" if isinstance(a, float) else "i64"
