"""Machine code gives the bits of NumPy, whatever the lanes, the neighbours and the processor."""

from __future__ import annotations

import re

import llvmlite.binding as llvm
import numpy as np
import pytest
from numpy.typing import NDArray

from flatgov.kernel.vector_math import BINARY, FUNCTIONS, definitions, evaluate
from kernel.vector_machine import PLAIN, compile_function

EDGES = [0.0, 1.0, 2.0, 0.5, 0.25, 3.0, 22.0, 709.9, 745.2, 2.0**20, 2.0**53, 1e9, 1e300]
SPECIAL = np.array([*EDGES, np.inf, np.nan, 5e-324, 1e-310, 1.7976931348623157e308])


def arguments(code: str) -> list[NDArray[np.float64]]:
    """Edges with edges, usual numbers, and any bits at all."""
    rng = np.random.default_rng(4)
    edges = np.concatenate([SPECIAL, -SPECIAL])
    size = len(edges)
    bits = rng.integers(-(2**63), 2**63 - 1, (2, 2048)).view(np.float64)
    first = [np.repeat(edges, size), rng.uniform(0, 1, 400), rng.uniform(-50, 50, 400), bits[0]]
    second = [np.tile(edges, size), rng.uniform(-9, 9, 800), bits[1]]
    columns = [np.concatenate(first), np.concatenate(second)]
    whole = len(columns[0]) // 16 * 16
    return [column[:whole] for column in columns[: 2 if code in BINARY else 1]]


@pytest.mark.parametrize(("lanes", "cpu"), [(1, None), (4, None), (8, None), (4, PLAIN)])
@pytest.mark.parametrize("code", FUNCTIONS)
def test_machine_code_gives_the_same_bits(code: str, lanes: int, cpu: str | None) -> None:
    given = arguments(code)
    compiled, assembly = compile_function(code, lanes, cpu)
    want = evaluate(code, *given)
    np.testing.assert_array_equal(compiled(*given).view(np.int64), want.view(np.int64))
    assert not re.search(r"\bvfn?m(add|sub)", assembly)


@pytest.mark.parametrize("code", ["sin", "cos", "tan"])
def test_a_lane_does_not_depend_on_its_neighbours(code: str) -> None:
    # A large angle takes a path of its own, with all lanes of its vector.
    small = np.random.default_rng(5).uniform(-1e6, 1e6, 64)
    mixed = np.where(np.arange(64) % 3, small, 1e200)
    compiled, _ = compile_function(code, 8)
    alone, beside = compiled(small), compiled(mixed)
    kept = mixed == small
    np.testing.assert_array_equal(alone[kept].view(np.int64), beside[kept].view(np.int64))


@pytest.mark.parametrize("lanes", [1, 2])
def test_web_assembly_needs_nothing_from_outside(lanes: int) -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple("wasm32-unknown-unknown")
    machine = target.create_target_machine(features="+simd128", opt=2)
    text = definitions([*FUNCTIONS, "random"], lanes).replace("define internal", "define")
    module = llvm.parse_assembly(text)
    module.triple = "wasm32-unknown-unknown"
    assembly = machine.emit_assembly(module)
    assert "vm_normal_quantile:" in assembly
    assert not re.search(r"^\s+call|\.import_|relaxed", assembly, re.MULTILINE)


def test_each_function_and_declaration_is_written_once() -> None:
    text = definitions(["sin", "cos", "sin", "exp"], 4)
    assert text.count("@vm_sin(") == text.count("@vm_cos(") == text.count("@vm_exp(") == 1
    assert text.count("declare <4 x double> @llvm.fabs.v4f64") == 1
    llvm.parse_assembly(text).verify()
