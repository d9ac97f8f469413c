"""Writes single operations as LLVM IR over vectors of members.

Nothing here allows the compiler to change a result: no fast-math flags, no fused
multiply-add, so that every member has the bits that scalar IEEE arithmetic gives.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flatgov.kernel import emit_lookup
from flatgov.kernel.program import Operation
from flatgov.kernel.schedule import ELEMENTARY

NAN = "0x7FF8000000000000"
_ARITHMETIC = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_INTRINSICS = {
    "abs": "fabs",
    "sqrt": "sqrt",
    "floor": "floor",
    "trunc": "trunc",
}
_ORDERED = {"lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "eq": "oeq", "ne": "one"}
_TRUTHS = frozenset({*_ORDERED, "and", "or", "not"})
_NEVER_NAN = frozenset({"time", "held time", "step"})
_MEMBERS_OWN = frozenset({"parameter", "first parameter", "changed initial", "state", "random"})
# Give NaN for no other numbers than NaN.
_KEEPS_NAN = _TRUTHS | {"min", "max", "neg", "abs", "floor", "trunc", "exp", "select"}


def bits(value: float) -> str:
    """Write a float64 as LLVM reads it back to the bit."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def never_nan(operations: Sequence[Operation]) -> list[bool]:
    """Tell which operations cannot give NaN, so that no test for it is needed."""
    known: list[bool] = []
    for code, arguments, extra in operations:
        if code == "number":
            known.append(not math.isnan(extra))
        elif code in _NEVER_NAN:
            known.append(True)
        elif code in _KEEPS_NAN or code == "random":
            known.append(all(known[argument] for argument in arguments))
        else:
            known.append(False)
    return known


def uniform(operations: Sequence[Operation]) -> list[bool]:
    """Tell which operations have the same value for all members."""
    known: list[bool] = []
    for code, arguments, _ in operations:
        own = code not in _MEMBERS_OWN and all(known[argument] for argument in arguments)
        known.append(own)
    return known


@dataclass(frozen=True)
class Layout:
    """Where vectors are kept in the frame, in bytes from its start.

    Attributes:
        slots: Of operations that are used outside of the function that computes them.
        given: Of each input, the first being the parameters in their order.
        dated: The present values of parameters with dated changes, by position in the inputs.
        initial: The scale of each changed stock's initial value; the offset follows it.
        streams: The members' random streams.
        delays: Of each state that is a delay its initial value; its length follows it.
        size: Bytes in all.
    """

    slots: Mapping[int, int]
    given: Sequence[int]
    dated: Mapping[int, int]
    initial: Sequence[int]
    streams: int
    delays: Mapping[int, int]
    size: int


@dataclass(frozen=True)
class Context:
    """What all functions of a module share.

    Attributes:
        operations: All of the program.
        sure: For each, whether it is never NaN.
        uniform: For each, whether all members have the same value.
        layout: Where in the frame values are kept that other functions compute.
        lanes: Members in a vector.
        permutes: Whether the machine has AVX-512's permutations, and `lanes` is 8.
        inlined: The codes of functions of our own that are put in the place of their calls.
        tables: The names of tables kept in the module, by their definition; grows.
    """

    operations: Sequence[Operation]
    sure: Sequence[bool]
    uniform: Sequence[bool]
    layout: Layout
    lanes: int
    permutes: bool
    inlined: frozenset[str] = frozenset()
    tables: dict[str, str] = field(default_factory=dict)


class Code:
    """The text of one function body without branches, and the values that it holds."""

    def __init__(self, context: Context) -> None:
        self.lines: list[str] = []
        self.lanes = context.lanes
        self.permutes = context.permutes
        self.vector = f"<{context.lanes} x double>"
        self.sure = context.sure
        self._uniform = context.uniform
        self._tables = context.tables
        self._inlined = context.inlined
        self._operations = context.operations
        self._layout = context.layout
        self._values: dict[int, str] = {}
        self._masks: dict[int, tuple[str, str]] = {}
        self._count = 0
        self._mask_type = f"<{context.lanes} x i1>"

    def add(self, text: str) -> str:
        """Write an instruction and give the name of its result."""
        self._count += 1
        name = f"%x{self._count}"
        self.lines.append(f"{name} = {text}")
        return name

    def splat(self, scalar: str, kind: str = "double") -> str:
        """Give a vector with a scalar in every lane."""
        lane = self.add(f"insertelement <{self.lanes} x {kind}> poison, {kind} {scalar}, i64 0")
        return self.add(
            f"shufflevector <{self.lanes} x {kind}> {lane}, <{self.lanes} x {kind}> poison, "
            f"<{self.lanes} x i32> zeroinitializer"
        )

    def load(self, base: str, offset: int | str, kind: str = "") -> str:
        """Read a vector at a distance in bytes from a pointer."""
        pointer = self.add(f"getelementptr i8, ptr {base}, i64 {offset}")
        return self.add(f"load {kind or self.vector}, ptr {pointer}, align {8 * self.lanes}")

    def store(self, value: str, base: str, offset: int | str, align: int = 0) -> None:
        """Write a vector at a distance in bytes from a pointer."""
        pointer = self.add(f"getelementptr i8, ptr {base}, i64 {offset}")
        self.lines.append(
            f"store {self.vector} {value}, ptr {pointer}, align {align or 8 * self.lanes}"
        )

    def call(self, intrinsic: str, *arguments: str) -> str:
        """Call an LLVM intrinsic on vectors."""
        given = ", ".join(f"{self.vector} {argument}" for argument in arguments)
        return self.add(f"call {self.vector} @llvm.{intrinsic}.v{self.lanes}f64({given})")

    def compare(self, condition: str, a: str, b: str) -> str:
        """Compare lane by lane; `condition` as LLVM's fcmp has it."""
        return self.add(f"fcmp {condition} {self.vector} {a}, {b}")

    def choose(self, mask: str, a: str, b: str) -> str:
        """Take a where the mask holds, else b."""
        return self.add(f"select {self._mask_type} {mask}, {self.vector} {a}, {self.vector} {b}")

    def constant(self, value: float) -> str:
        """Give a vector with the same number in every lane."""
        return f"splat (double {bits(value)})"

    def vector_of(self, values: Sequence[float]) -> str:
        """Give a vector of numbers."""
        return "<" + ", ".join(f"double {bits(value)}" for value in values) + ">"

    def table(self, rows: Sequence[Sequence[float]]) -> str:
        """Keep numbers in the module, row by row, and give the pointer."""
        numbers = ", ".join(f"double {bits(value)}" for row in rows for value in row)
        kind = f"[{len(rows) * len(rows[0])} x double]"
        content = f"private unnamed_addr constant {kind} [{numbers}], align 64"
        return self._tables.setdefault(content, f"@table_{len(self._tables)}")

    def value(self, number: int) -> str:
        """Give the operand for an operation: computed here, kept in the frame, or a number."""
        found = self._values.get(number)
        if found is None:
            found = self._values[number] = self._fetch(number)
        return found

    def _fetch(self, number: int) -> str:
        code, _, extra = self._operations[number]
        if number in self._masks:
            truth, unknown = self._masks[number]
            value = self.choose(truth, self.constant(1.0), "zeroinitializer")
            return self.choose(unknown, f"splat (double {NAN})", value) if unknown else value
        if code == "number":
            return self.constant(extra)
        if code == "state":
            return self.load("%now", extra * 8 * self.lanes)
        if code == "time":
            return self.splat("%time")
        if code == "held time":
            return self.splat("%held")
        if code == "step":
            return self.splat(self.add("sitofp i64 %step to double"))
        return self.load("%frame", self._layout.slots[number])

    def truth(self, number: int) -> tuple[str, str]:
        """Give where an operation is true, and where it is NaN (nothing if nowhere)."""
        found = self._masks.get(number)
        if found is None:
            value = self.value(number)
            unknown = "" if self.sure[number] else self.compare("uno", value, value)
            found = self.compare("one", value, "zeroinitializer"), unknown
            self._masks[number] = found
        return found

    def compute(self, number: int) -> None:
        """Write an operation whose arguments are at hand."""
        operation = self._operations[number]
        code = operation.code
        if code in _TRUTHS:
            self._masks[number] = self._truth_of(operation)
        else:
            self._values[number] = self._value_of(operation)

    def _truth_of(self, operation: Operation) -> tuple[str, str]:
        code, arguments, _ = operation
        if code in _ORDERED:
            a, b = self.value(arguments[0]), self.value(arguments[1])
            unsure = [self.value(n) for n in arguments if not self.sure[n]]
            # A comparison of two is true where either is NaN.
            unknown = self.compare("uno", unsure[0], unsure[-1]) if unsure else ""
            return self.compare(_ORDERED[code], a, b), unknown
        masks = [self.truth(argument) for argument in arguments]
        if code == "not":
            return self._not(masks[0][0]), masks[0][1]
        unknown = self._join("or", [mask for _, mask in masks if mask])
        for truth, own in masks if unknown else ():
            # What is false for sure settles `and`, what is true for sure `or`.
            unsettled = truth if code == "and" else self._not(truth)
            possible = self._join("or", [unsettled, *[own][: bool(own)]])
            unknown = self._join("and", [unknown, possible])
        return self._join(code, [truth for truth, _ in masks]), unknown

    def _not(self, mask: str) -> str:
        return self.add(f"xor {self._mask_type} {mask}, splat (i1 true)")

    def _join(self, code: str, masks: list[str]) -> str:
        if len(masks) < 2:
            return masks[0] if masks else ""
        return self.add(f"{code} {self._mask_type} {masks[0]}, {masks[1]}")

    def _value_of(self, operation: Operation) -> str:
        code, arguments, extra = operation
        if code in _ARITHMETIC:
            a, b = self.value(arguments[0]), self.value(arguments[1])
            if code == "div" and (factor := self._reciprocal(arguments[1])) is not None:
                return self.add(f"fmul {self.vector} {a}, {self.constant(factor)}")
            return self.add(f"{_ARITHMETIC[code]} {self.vector} {a}, {b}")
        if code in _INTRINSICS:
            return self.call(_INTRINSICS[code], self.value(arguments[0]))
        if code in ("min", "max"):
            return self._extreme(code, arguments)
        if code == "select":
            return self._select(arguments)
        if code == "neg":
            return self.add(f"fneg {self.vector} {self.value(arguments[0])}")
        if code == "lookup":
            (x,) = arguments
            return emit_lookup.look_up(self, extra, self.value(x), uniform=self._uniform[x])
        if code in ELEMENTARY:
            given = ", ".join(f"{self.vector} {self.value(argument)}" for argument in arguments)
            name = f"@vm_{code.replace(' ', '_')}"
            how = " alwaysinline" if code in self._inlined else ""
            return self.add(f"call {self.vector} {name}({given}){how}")
        return _OTHERS[code](self, operation)

    def _reciprocal(self, number: int) -> float | None:
        """Give 1 / x for a power of two, with which multiplying has the bits of dividing."""
        code, _, extra = self._operations[number]
        if code != "number" or not math.isfinite(extra) or abs(math.frexp(extra)[0]) != 0.5:
            return None
        return 1.0 / extra if 2.0**-1000 < abs(extra) < 2.0**1000 else None

    def _extreme(self, code: str, arguments: Sequence[int]) -> str:
        """Give a where a < b (min) or a > b (max), else b; NaN where either is."""
        first, second = arguments
        a, b = self.value(first), self.value(second)
        strict, loose = ("olt", "oge") if code == "min" else ("ogt", "ole")
        if self.sure[second] and not self.sure[first]:
            code_b, _, number = self._operations[second]
            if code_b == "number" and number != 0.0:
                # Equal numbers other than zero have equal bits, so this order is as good, and
                # it is one instruction that gives its second operand if either is NaN.
                return self.choose(self.compare(strict, b, a), b, a)
            return self.choose(self.compare(loose, a, b), b, a)
        least = self.choose(self.compare(strict, a, b), a, b)
        if self.sure[first]:
            return least
        return self.choose(self.compare("uno", a, a), a, least)

    def _select(self, arguments: Sequence[int]) -> str:
        truth, unknown = self.truth(arguments[0])
        chosen = self.choose(truth, self.value(arguments[1]), self.value(arguments[2]))
        return self.choose(unknown, f"splat (double {NAN})", chosen) if unknown else chosen

    def first_parameter(self, operation: Operation) -> str:
        """Read a parameter with dated changes at the start."""
        return self.load("%frame", self._layout.dated[operation.extra])

    def changed_initial(self, operation: Operation) -> str:
        """Write x * scale + offset, or the offset alone where the scale is 0."""
        place = self._layout.initial[operation.extra]
        scale = self.load("%frame", place)
        offset = self.load("%frame", place + 8 * self.lanes)
        scaled = self.add(f"fmul {self.vector} {self.value(operation.arguments[0])}, {scale}")
        moved = self.add(f"fadd {self.vector} {scaled}, {offset}")
        return self.choose(self.compare("oeq", scale, "zeroinitializer"), offset, moved)

    def random(self, operation: Operation) -> str:
        """Call the generator with the members' streams."""
        streams = self.load("%frame", self._layout.streams, f"<{self.lanes} x i64>")
        seed = self.value(operation.arguments[0])
        number = self.add(
            f"call {self.vector} @vm_random(<{self.lanes} x i64> {streams}, "
            f"i64 {operation.extra}, {self.vector} {seed}, i64 %step)"
        )
        if self.sure[operation.arguments[0]]:
            return number
        return self.choose(self.compare("uno", seed, seed), seed, number)


_OTHERS: dict[str, Callable[[Code, Operation], str]] = {
    "first parameter": Code.first_parameter,
    "changed initial": Code.changed_initial,
    "random": Code.random,
}
