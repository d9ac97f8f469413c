"""Study files that are hostile: TOML, tables of draws, links."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

import flatgov as fg
from conftest import EVIDENCE, FILES, MODEL
from flatgov.run.study_run import run_study  # noqa: F401 (before the time of a case counts)
from hostile.routes import CANARY, CODE


class Code:
    """Runs code where it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Give what pickle calls."""
        return os.system, (f"touch ../{CANARY}",)


PICKLED = pickle.dumps(Code())
UNCERTAINTY = """
[parameters.stay]
distribution = "uniform"
low = 10
high = 30
reason = "Not known."
"""


def study(folder: Path, **changed: str) -> Path:
    """Write the small study with other texts of some files."""
    for name, text in FILES.items():
        stem = name.partition(".")[0]
        content = changed.get(stem, text)
        (folder / name).write_text(content, encoding="utf-8", errors="surrogatepass")
    for stem in changed.keys() - {name.partition(".")[0] for name in FILES}:
        (folder / f"{stem}.toml").write_text(changed[stem], encoding="utf-8")
    return folder


def _policies(text: str, folder: Path) -> None:
    opened = fg.open_study(study(folder, policies=text))
    opened.run()


def _added(text: str, folder: Path) -> None:
    _policies(FILES["policies.toml"] + text, folder)


def _uncertain(text: str, folder: Path) -> None:
    opened = fg.open_study(study(folder, uncertainty=text))
    opened.run(draws=4)


def _expect(text: str, folder: Path) -> None:
    changed = EVIDENCE.replace('text = "Staff falls."', f'text = "x"\nexpect = ["""{text}"""]')
    fg.open_study(study(folder, evidence=changed))


def _linked(name: str, folder: Path) -> None:
    study(folder)
    (folder / name).unlink()
    (folder / name).symlink_to("../secret.csv")
    fg.open_study(folder)


def _pipe(folder: Path) -> None:
    study(folder)
    (folder / "evidence.toml").unlink()
    os.mkfifo(folder / "evidence.toml")
    fg.open_study(folder)


def _copied(folder: Path) -> None:
    """A link out of the folder must not be copied into the results."""
    from flatgov.run.store import write_results

    study(folder)
    (folder / "notes.txt").symlink_to("../secret.csv")
    opened = fg.open_study(folder)
    write_results(opened.run(), opened, folder / "out")
    assert not (folder / "out" / "study" / "notes.txt").exists()


def _table(make: Callable[[Path], Path], folder: Path) -> None:
    from flatgov.study.draws_table import read_table

    study(folder, uncertainty=UNCERTAINTY)
    read_table(fg.open_study(folder), make(folder))


def _text_table(text: str, folder: Path) -> Path:
    (folder / "t.csv").write_text(text, encoding="utf-8")
    return folder / "t.csv"


def _bytes_table(content: bytes, ending: str, folder: Path) -> Path:
    (folder / f"t{ending}").write_bytes(content)
    return folder / f"t{ending}"


def _pipe_table(folder: Path) -> Path:
    os.mkfifo(folder / "t.csv")
    return folder / "t.csv"


def _object_zarr(folder: Path) -> Path:
    """An array of Zarr 2 whose filter is pickle."""
    from hostile.results import zarr_of_pickle

    zarr_of_pickle(folder / "t.zarr")
    return folder / "t.zarr"


def _huge_netcdf(folder: Path) -> Path:
    from scipy.io import netcdf_file

    path = folder / "t.nc"
    with netcdf_file(path, "w") as file:
        file.createDimension("draw", 3)
        file.createDimension("factor", 1)
        file.createVariable("sample", "d", ("draw", "factor"))[:] = np.ones((3, 1))
    content = path.read_bytes()
    size = (3).to_bytes(4, "big")
    path.write_bytes(content.replace(b"draw" + size, b"draw" + (2**31 - 4).to_bytes(4, "big")))
    return path


def _huge_parquet(folder: Path) -> Path:
    import pyarrow as pa
    from pyarrow import parquet

    column = pa.array(np.zeros(20_000_000))
    parquet.write_table(pa.table({"stay": column}), folder / "t.parquet")
    return folder / "t.parquet"


def _text_parquet(folder: Path) -> Path:
    import pyarrow as pa
    from pyarrow import parquet

    column = pa.array(["x" * 1_000_000] * 50).dictionary_encode()
    parquet.write_table(pa.table({"stay": column}), folder / "t.parquet")
    return folder / "t.parquet"


_CHANGE = (
    '[[policies.hire.changes]]\nvariable = "{}"\noperation = "set"\nstart = "2020-07"\nvalue = {}\n'
)
_TOML = {
    "nested lists": "\na = " + "[" * 100_000 + "]" * 100_000,
    "nested lists that end": "\n[labels]\na = " + "[" * 150 + "]" * 150,
    "nested tables": "\na = " + "{a=" * 100_000 + "1" + "}" * 100_000,
    "dotted key": "\na" + ".a" * 100_000 + " = 1",
    "dotted header": "\n[a" + ".a" * 100_000 + "]\n" + "\n".join(f"b{n} = 1" for n in range(2000)),
    "dotted key of quotes": '\n"a"' + '."a"' * 100_000 + " = 1",
    "quotes": "\na" + '"' * 1_000_001,
    "brackets": "\n" + "[" * 1_000_000,
    "long name": "\n[policies." + "a" * 1_000_000 + "]",
    "long number": "\na = " + "9" * 1_000_000,
    "long hexadecimal number": "\na = 0x" + "f" * 1_000_000,
    "many keys": "\n" + "\n".join(f"a{n} = 1" for n in range(100_000)),
    "many policies": "\n"
    + "\n".join(f'[policies.p{n}]\nlabel = {{ en = "{n}", zh = "{n}" }}' for n in range(5000)),
    "extends itself": '\n[policies.me]\nlabel = { en = "x", zh = "x" }\nextends = ["me"]',
    "extends in a circle": '\n[policies.a]\nlabel = { en = "x", zh = "x" }\nextends = ["b"]'
    '\n[policies.b]\nlabel = { en = "x", zh = "x" }\nextends = ["a"]',
    "extends twice as often": "\n".join(
        f'\n[policies.q{n}]\nlabel = {{ en = "x", zh = "x" }}\nextends = ["q{n + 1}", "q{n + 1}"]'
        for n in range(40)
    )
    + '\n[policies.q40]\nlabel = { en = "x", zh = "x" }\n'
    + _CHANGE.format("tasks", 5).replace("hire", "q40"),
    "value of infinity": "\n" + _CHANGE.format("tasks", "inf"),
    "value of no number": "\n" + _CHANGE.format("tasks", "nan"),
    "value of a large integer": "\n" + _CHANGE.format("tasks", "1" + "0" * 400),
    "variable of code": "\n" + _CHANGE.format(CODE.replace('"', ""), 1),
    "variable of html": "\n" + _CHANGE.format("<script>alert(1)</script>", 1),
    "escapes": '\n[policies."\\u001b[2J\\u0007"]\nlabel = { en = "\\u001b]0;x\\u0007", zh = "x" }',
    "surrogates": '\n[policies."\\ud800"]',
    "date far away": '\n[[policies.hire.changes]]\nvariable = "tasks"\noperation = "set"\n'
    'value = 1\nstart = "999999999-01"',
    "time far away": '\n[[policies.hire.changes]]\nvariable = "tasks"\noperation = "set"\n'
    "value = 1\nstart = 1e308\nramp = 1e308",
}
_SCIPY = {
    "attribute of a module": "scipy.stats._distn_infrastructure.__builtins__",
    "attribute": "scipy.__class__.__mro__",
    "module": "scipy.sys.modules",
    "function": "scipy.bootstrap",
    "dunder": "scipy.__import__",
    "class": "scipy.rv_continuous",
    "code": CODE.replace('"', "'"),
}
_ARGUMENTS = {
    "slow": ("levy_stable", "alpha = 1.5, beta = 0.5, loc = 20", "low = 1\nhigh = 60"),
    "very slow": ("studentized_range", "k = 3, df = 10", "low = 1\nhigh = 60"),
    "whole numbers": ("nbinom", "n = 5, p = 0.5, loc = 1", ""),
    "order of magnitude": ("binom", "n = 1e18, p = 0.5", ""),
    "no number": ("norm", "loc = nan", ""),
}
_EXPECT = {
    "parentheses": "(" * 200 + "1" + ")" * 200 + " > 0",
    "long": "1 > 0 and " * 100_000 + "1 > 0",
    "signs": "-" * 400 + "1 > 0",
    "attribute": "().__class__.__bases__ > 0",
    "call": "__import__('os').system('x') > 0",
    "power": "9 ** 9 ** 9 > 0",
    "number": "1e999 > 0",
    "moment": "at('Staff' of now, 1e308) > 0",
    "quotes": "'" * 1999,
}
_TABLES: dict[str, Callable[[Path], Path]] = {
    "many rows": partial(_text_table, "stay\n" + "20\n" * 12_000_000),
    "large field": partial(_text_table, "stay\n" + "2" * 500_000),
    "many columns": partial(
        _text_table, ",".join(f"stay{n}" for n in range(300_000)) + "\n" + "20," * 299_999 + "20"
    ),
    "code": partial(_text_table, f'stay\n"{CODE}"'),
    "no text": partial(_bytes_table, bytes(range(256)) * 100, ".csv"),
    "pickle as netCDF": partial(_bytes_table, PICKLED, ".nc"),
    "pickle as Parquet": partial(_bytes_table, PICKLED, ".parquet"),
    "half a Parquet file": partial(_bytes_table, b"PAR1" + b"\xff" * 1000 + b"PAR1", ".parquet"),
    "pickle as Zarr": partial(_bytes_table, PICKLED, ".zarr"),
    "pipe": _pipe_table,
    "pickle in Zarr": _object_zarr,
    "large netCDF": _huge_netcdf,
    "large Parquet": _huge_parquet,
    "text in Parquet": _text_parquet,
}
CASES: dict[str, Callable[[Path], object]] = {
    **{f"toml: {name}": partial(_added, text) for name, text in _TOML.items()},
    "toml: null bytes": partial(_policies, "\0" * 1000),
    "toml: large comment": partial(_added, "\n#" + " " * 70 * 2**20),
    "toml: no model": partial(_policies, ""),
    **{
        f"draws: {name}": partial(_uncertain, UNCERTAINTY.replace("uniform", kind))
        for name, kind in _SCIPY.items()
    },
    "draws: range of infinity": partial(_uncertain, UNCERTAINTY.replace("30", "inf")),
    **{
        f"draws: {name}": partial(
            _uncertain,
            f'[parameters.stay]\ndistribution = "scipy.{kind}"\nargs = {{ {values} }}\n'
            f'{cut}\nreason = "x"\n',
        )
        for name, (kind, values, cut) in _ARGUMENTS.items()
    },
    **{f"expect: {name}": partial(_expect, text) for name, text in _EXPECT.items()},
    **{f"table: {name}": partial(_table, make) for name, make in _TABLES.items()},
    "study: model is a link": partial(_linked, "office.mdl"),
    "study: policies are a link": partial(_linked, "policies.toml"),
    "study: evidence is a link": partial(_linked, "evidence.toml"),
    "study: evidence is a pipe": _pipe,
    "study: link is not copied": _copied,
    "study: ten copies of a model": lambda folder: (
        [(folder / f"m{n}.mdl").write_text(MODEL, encoding="utf-8") for n in range(10)],
        fg.open_study(study(folder)),
    ),
}
