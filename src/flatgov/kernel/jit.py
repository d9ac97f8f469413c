"""Compiles a program to machine code for this machine."""

from __future__ import annotations

import atexit
import ctypes
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from functools import cache
from threading import Thread
from typing import Any
from weakref import WeakValueDictionary

from flatgov.kernel import code_cache
from flatgov.kernel.emit import Integrator, Module, emit
from flatgov.kernel.program import Program
from flatgov.kernel.schedule import Schedule, schedule

# A comment before the text of a module that is to be compiled quickly; so it is cached apart.
_ONCE = "; once\n"

# How often a wait for LLVM looks for an interruption.
_SECONDS = 0.1


@dataclass(frozen=True)
class Kernel:
    """A compiled program.

    Attributes:
        run: The machine code: one block of fields in (see `flatgov.kernel.emit_loops`), 0 or 1
            (stopped) out.
        plan: What it computes.
        module: Its text and layout.
        lanes: Members in a vector.
        integrator: The integration method.
    """

    run: Callable[[Any], int]
    plan: Schedule
    module: Module
    lanes: int
    integrator: Integrator
    engine: Any = field(repr=False)


def compile_kernel(
    program: Program,
    *,
    varying: Sequence[int] = (),
    dated: Collection[int] = (),
    changed_stocks: Sequence[int] = (),
    outputs: Sequence[int],
    integrator: Integrator = "euler",
    lanes: int | None = None,
    once: bool = False,
) -> Kernel:
    """Compile a program.

    Args:
        program: The lowered model.
        varying: The indices of the parameters that members give; all others have their base
            value.
        dated: Those of them with dated changes.
        changed_stocks: The indices of the stocks whose initial values members change.
        outputs: The operations to save, in order.
        integrator: The integration method.
        lanes: Members in a vector: a power of two; by default what fits the machine.
        once: For a kernel that hardly runs: compiled in a third of the time, to code that takes
            a third more.

    Returns:
        The kernel. Its results depend neither on `lanes` nor on `once`.
    """
    widest = default_lanes()
    lanes = widest if lanes is None else lanes
    plan = schedule(
        program,
        varying=varying,
        dated=dated,
        changed_stocks=changed_stocks,
        outputs=outputs,
    )
    module = emit(plan, integrator=integrator, lanes=lanes, permutes=lanes == widest == 8)
    engine = load(_ONCE + module.text if once else module.text)
    address = engine.get_function_address("run")
    run = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)(address)
    return Kernel(run, plan, module, lanes, integrator, engine)


@cache
def default_lanes() -> int:
    """Give the number of float64 in this machine's widest registers."""
    features = _host()[1]
    if "+avx512f" in features and "+avx512dq" in features:
        return 8
    return 4 if "+avx2" in features else 2


@cache
def _host() -> tuple[str, str]:
    """Give the processor's name and features as LLVM has them."""
    import llvmlite.binding as llvm

    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


@cache
def _target() -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple()


# Machine code in use, by its name in the cache.
_LOADED: WeakValueDictionary[str, Any] = WeakValueDictionary()


def load(text: str) -> Any:
    """Give a module's machine code, loaded: in use already, from the cache, or compiled.

    Args:
        text: The module's text.

    Returns:
        LLVM's execution engine, which must live as long as the code is used.
    """
    import llvmlite
    import llvmlite.binding as llvm

    versions = (llvmlite.__version__, *llvm.llvm_version_info, *_host())
    key = code_cache.key(text, *map(str, versions))
    engine = _LOADED.get(key)
    if engine is not None:
        return engine
    code = code_cache.read(key)
    if code is None:
        code = _compile_aside(text)
        code_cache.write(key, code)
    target = _target()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target.create_target_machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _LOADED[key] = engine
    return engine


# Threads that still compile though nobody waits for them any more.
_ABANDONED: list[Thread] = []


def _compile_aside(text: str) -> bytes:
    """Compile in a thread: one call into LLVM takes seconds for a large model.

    The caller waits so that an interruption reaches it at once. LLVM cannot be stopped: what it
    still does then goes on, and an exit of the interpreter waits for it.
    """
    done: Future[bytes] = Future()

    def work() -> None:
        try:
            done.set_result(object_code(text))
        except BaseException as error:
            done.set_exception(error)

    thread = Thread(target=work, daemon=True)
    try:
        thread.start()
        while not done.done():
            wait([done], timeout=_SECONDS)  # Windows interrupts no wait without an end.
    except BaseException:
        if thread.is_alive():
            _ABANDONED.append(thread)
            # LLVM's own data go at exit; the thread must not use them after.
            atexit.register(thread.join)
        raise
    return done.result()


def is_compiling() -> bool:
    """Tell whether an interrupted compilation still goes on."""
    return any(thread.is_alive() for thread in _ABANDONED)


def object_code(text: str) -> bytes:
    """Compile the text of a module for this machine, as strictly as it is written."""
    target = machine(0) if text.startswith(_ONCE) else machine()
    return bytes(target.emit_object(parse(text)))


@cache
def machine(opt: int = 2) -> Any:
    """Give LLVM's machine for this processor, with optimisations that keep every bit."""
    name, features = _host()
    return _target().create_target_machine(
        cpu=name, features=features, opt=opt, reloc="pic", codemodel="small"
    )


def parse(text: str) -> Any:
    """Read the text of a module for this machine.

    Of LLVM's passes over modules only the one that puts functions in the place of calls that ask
    for it is worth its time: equal operations are one already, and what is constant is folded.
    """
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(text)
    module.triple = machine().triple
    module.data_layout = str(machine().target_data)
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    options = llvm.create_pipeline_tuning_options()
    passes.run(module, llvm.create_pass_builder(machine(), options))
    return module
