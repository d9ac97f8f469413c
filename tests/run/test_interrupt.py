"""Signals while machine code is being compiled, which LLVM does in one long call."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from flatgov.kernel import jit
from flatgov.reading import load_model

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals of this kind")

# Says when LLVM begins, so that the signal comes in the middle of its work, and when it has ended,
# which nobody should wait for.
COMMAND = """
import sys
from flatgov.kernel import jit
compile = jit.object_code
def announced(text):
    print("compiling", file=sys.stderr, flush=True)
    try:
        return compile(text)
    finally:
        print("compiled", file=sys.stderr, flush=True)
jit.object_code = announced
from flatgov.cli import main
main()
"""


def write_large(folder: Path) -> Path:
    """Write a model that takes seconds to compile."""
    lines = [
        f"s{n} = INTEG(SIN(s{n - 1}) * EXP(-s{n}) + LN(2 + s{n - 1} ^ 2), {n}) ~~|"
        for n in range(1, 2000)
    ]
    controls = "INITIAL TIME = 0 ~~| FINAL TIME = 1 ~~| TIME STEP = 1 ~~| SAVEPER = 1 ~~|"
    path = folder / "large.mdl"
    path.write_text("\n".join(["s0 = 1 ~~|", *lines, controls]))
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status", "message"),
    [(signal.SIGINT, 130, "error: interrupted\n"), (signal.SIGTERM, 143, "")],
)
def test_a_signal_ends_a_run_that_compiles(
    tmp_path: Path, number: signal.Signals, status: int, message: str
) -> None:
    started = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "run", str(write_large(tmp_path)), "--out", "new"],
        cwd=tmp_path,
        env={**os.environ, "FLATGOV_CACHE_DIR": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stderr is not None
    assert started.stderr.readline() == "compiling\n"
    time.sleep(0.2)
    assert started.poll() is None
    started.send_signal(number)
    out, err = started.communicate(timeout=60)
    assert (started.returncode, out, err) == (status, "", message)
    assert not (tmp_path / "new").exists()


def test_an_interruption_does_not_wait_for_the_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "small.mdl"
    path.write_text(
        "x = Time ~~| INITIAL TIME = 0 ~~| FINAL TIME = 1 ~~| TIME STEP = 1 ~~| SAVEPER = 1 ~~|"
    )
    go_on = threading.Event()
    original = jit.object_code

    def endless(text: str) -> bytes:
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)
        go_on.wait()
        return original(text)

    monkeypatch.setenv("FLATGOV_CACHE_DIR", "")
    monkeypatch.setattr(jit, "object_code", endless)
    model = load_model(path)
    # A shell starts what runs in its background with interruptions ignored.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            model.run()
    finally:
        signal.signal(signal.SIGINT, handler)
    assert jit.is_compiling()
    go_on.set()
    for thread in jit._ABANDONED:
        thread.join()
    assert not jit.is_compiling()
    monkeypatch.setattr(jit, "object_code", original)
    assert model.run()["x"].values.tolist() == [0.0, 1.0]


def test_what_goes_wrong_in_the_compiler_reaches_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(text: str) -> bytes:
        raise RuntimeError("no such processor")

    monkeypatch.setenv("FLATGOV_CACHE_DIR", "")
    monkeypatch.setattr(jit, "object_code", fail)
    with pytest.raises(RuntimeError, match="no such processor"):
        jit.load("; a module that nobody has loaded")
