"""Compiles our elementary functions to machine code of this machine, or of a plainer one."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import CFUNCTYPE, c_int64, c_void_p

import llvmlite.binding as llvm
import numpy as np
from numpy.typing import NDArray

from flatgov.kernel import vector_math

PLAIN = "x86-64"


def compile_function(
    code: str, lanes: int, cpu: str | None = None
) -> tuple[Callable[..., NDArray[np.float64]], str]:
    """Compile one function in a loop over arrays; give it and its assembly."""
    arguments = 2 if code in vector_math.BINARY else 1
    return _compile(_loop(code, lanes, arguments), lanes, cpu)


def compile_random(lanes: int, cpu: str | None = None) -> Callable[..., NDArray[np.float64]]:
    """Compile the random numbers of many streams and seeds, for one place and step."""
    function, _ = _compile(_random_loop(lanes), lanes, cpu)
    return function


def _loop(code: str, lanes: int, arguments: int) -> str:
    vector = f"<{lanes} x double>"
    loads = "\n".join(
        f"  %p{i} = getelementptr double, ptr %in{i}, i64 %n\n"
        f"  %x{i} = load {vector}, ptr %p{i}, align 8"
        for i in range(arguments)
    )
    values = ", ".join(f"{vector} %x{i}" for i in range(arguments))
    call = f"call {vector} @vm_{code.replace(' ', '_')}({values})"
    return _whole(vector_math.definitions([code], lanes), loads, call, vector, lanes)


def _random_loop(lanes: int) -> str:
    vector, whole = f"<{lanes} x double>", f"<{lanes} x i64>"
    loads = f"""  %p0 = getelementptr i64, ptr %in0, i64 %n
  %p1 = getelementptr double, ptr %in1, i64 %n
  %x0 = load {whole}, ptr %p0, align 8
  %x1 = load {vector}, ptr %p1, align 8
  %place = load i64, ptr %in2, align 8
  %step = load i64, ptr %in3, align 8"""
    call = f"call {vector} @vm_random({whole} %x0, i64 %place, {vector} %x1, i64 %step)"
    return _whole(vector_math.definitions(["random"], lanes), loads, call, vector, lanes)


def _whole(definitions: str, loads: str, call: str, vector: str, lanes: int) -> str:
    return f"""{definitions}
define void @loop(ptr %out, i64 %count, ptr %in0, ptr %in1, ptr %in2, ptr %in3) {{
entry:
  br label %again
again:
  %n = phi i64 [ 0, %entry ], [ %next, %again ]
{loads}
  %y = {call}
  %q = getelementptr double, ptr %out, i64 %n
  store {vector} %y, ptr %q, align 8
  %next = add i64 %n, {lanes}
  %more = icmp slt i64 %next, %count
  br i1 %more, label %again, label %end
end:
  ret void
}}
"""


def _compile(
    text: str, lanes: int, cpu: str | None
) -> tuple[Callable[..., NDArray[np.float64]], str]:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = "" if cpu else llvm.get_host_cpu_features().flatten()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=cpu or llvm.get_host_cpu_name(), features=features, opt=3
    )
    module = llvm.parse_assembly(text)
    module.verify()
    passes = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(3))
    passes.getModulePassManager().run(module, passes)
    assembly = machine.emit_assembly(module)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    kind = CFUNCTYPE(None, c_void_p, c_int64, *[c_void_p] * 4)

    def run(*arrays: NDArray[np.generic]) -> NDArray[np.float64]:
        count = len(arrays[0])
        assert count % lanes == 0
        out = np.empty(count)
        given = [np.ascontiguousarray(array) for array in arrays]
        pointers = [array.ctypes.data for array in given] + [0] * (4 - len(arrays))
        loop = kind(engine.get_function_address("loop"))
        loop(out.ctypes.data, count, *pointers)
        return out

    return run, assembly
