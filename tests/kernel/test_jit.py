from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from flatgov.kernel import code_cache, jit
from flatgov.kernel.builder import Builder
from flatgov.kernel.emit import Integrator
from flatgov.kernel.execute import Batch, run_batch
from flatgov.kernel.program import State
from kernel.programs import make, oscillator, run, same_bits


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLATGOV_CACHE_DIR", str(tmp_path))
    return tmp_path / "kernels"


def _simulate() -> np.ndarray:
    program, outputs = oscillator(50)
    return run(program, outputs, 20)


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
@pytest.mark.parametrize("lanes", [1, 2, 4, 8])
def test_no_products_and_sums_are_fused(integrator: Integrator, lanes: int) -> None:
    builder = Builder()
    x, p = builder.op("state", extra=0), builder.op("parameter", extra=0)
    rate = builder.op("exp", builder.sub(builder.mul(x, p), builder.mul(p, p)))
    program = make(builder, [State("integral", p, rate)], bases=[0.1])
    kernel = jit.compile_kernel(
        program, varying=[0], dated=[0], outputs=[x], integrator=integrator, lanes=lanes
    )
    assembly = jit.machine().emit_assembly(jit.parse(kernel.module.text))
    assert "mul" in assembly
    for fused in ("vfmadd", "vfmsub", "vfnmadd", "vfnmsub", "fmla", "fmls"):
        assert fused not in assembly


def test_products_are_rounded_before_they_are_added() -> None:
    builder = Builder()
    a = builder.op("parameter", extra=0)
    out = builder.add(builder.mul(a, a), builder.number(-1.0))
    got = run(
        make(builder, bases=[0.0]), [out], 0, Batch(1, np.array([[1 + 2.0**-30]])), varying=[0]
    )
    assert got[0, 0, 0] == (1 + 2.0**-30) ** 2 - 1.0 == 2.0**-29


def test_the_smallest_numbers_are_kept() -> None:
    builder = Builder()
    p = builder.op("parameter", extra=0)
    outputs = [builder.mul(p, builder.number(0.3)), builder.add(p, builder.number(5e-324))]
    got = run(make(builder, bases=[0.0]), outputs, 0, Batch(1, np.array([[1e-320]])), varying=[0])
    assert same_bits(got[:, 0, 0], [1e-320 * 0.3, 1e-320 + 5e-324])


def test_machine_code_is_taken_from_the_cache(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _simulate()
    assert len(list(folder.iterdir())) == 1

    def refuse(text: str) -> bytes:
        raise AssertionError("compiled again")

    monkeypatch.setattr(jit, "object_code", refuse)
    assert same_bits(_simulate(), first)


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_quick_code_gives_the_same_bits(folder: Path, integrator: Integrator) -> None:
    program, outputs = oscillator(50)
    found = [
        run_batch(
            jit.compile_kernel(
                program, outputs=outputs, integrator=integrator, lanes=lanes, once=once
            ),
            Batch(1),
            200,
            1,
        )
        for lanes in (1, jit.default_lanes())
        for once in (False, True)
    ]
    assert all(same_bits(one, found[0]) for one in found)
    assert len(list(folder.iterdir())) == 4  # none is taken for another


@pytest.mark.parametrize("damage", ["cut", "empty", "changed", "foreign"])
def test_a_damaged_entry_is_compiled_again(folder: Path, damage: str) -> None:
    first = _simulate()
    (entry,) = folder.iterdir()
    whole = entry.read_bytes()
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 1
    broken = {"cut": whole[:-9], "empty": b"", "changed": bytes(changed), "foreign": b"x" * 99}
    entry.write_bytes(broken[damage])
    assert same_bits(_simulate(), first)
    assert entry.read_bytes() == whole
    assert hashlib.sha256(whole[32:]).digest() == whole[:32]


def test_the_folder_is_the_users_own(folder: Path) -> None:
    folder.mkdir(mode=0o777)
    _simulate()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_without_a_folder_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLATGOV_CACHE_DIR", "")
    code_cache.write("name", b"code")
    assert code_cache.read("name") is None
    assert np.isfinite(_simulate()).all()


def test_a_folder_of_others_is_not_trusted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code_cache.write("name", b"code")
    assert code_cache.read("name") == b"code"
    monkeypatch.setattr(os, "getuid", lambda: -1)
    assert code_cache.read("name") is None


def test_keys_tell_where_a_part_ends() -> None:
    assert code_cache.key("ab", "c") != code_cache.key("a", "bc")


def test_code_in_use_is_loaded_once(folder: Path) -> None:
    program, outputs = oscillator(50)
    first = jit.compile_kernel(program, outputs=outputs)
    second = jit.compile_kernel(program, outputs=outputs)
    assert first.engine is second.engine
