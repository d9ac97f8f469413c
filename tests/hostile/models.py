"""Small model files that ask for very much time or memory, and models that are no models."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import flatgov as fg
from flatgov import limits
from hostile.routes import CONTROL, XMILE


def run_mdl(text: str, folder: Path, control: str = CONTROL) -> fg.Model:
    """Read and run a Vensim model."""
    path = folder / "model.mdl"
    path.write_text("{UTF-8}\n" + text + control, encoding="utf-8", errors="surrogateescape")
    model = fg.load_model(path)
    model.run()
    return model


def run_xmile(text: str, folder: Path) -> None:
    """Read and run an XMILE model."""
    path = folder / "model.xmile"
    path.write_text(text, encoding="utf-8")
    fg.load_model(path).run()


def run_bytes(content: bytes, folder: Path, ending: str = ".mdl") -> None:
    """Read and run a file of any bytes."""
    path = folder / f"model{ending}"
    path.write_bytes(content)
    fg.load_model(path).run()


def aux(equation: str) -> str:
    """Write an XMILE model of one variable."""
    return XMILE.format(
        variables=f'<aux name="x"><eqn>{equation}</eqn></aux>', dimensions="", more=""
    )


def _small(folder: Path, **changes: int) -> None:
    """Refuse an ordinary model by limits made small, and take it without."""
    text = "D: a, b, c ~ ~ |\nx[D] = 1 ~ ~ A text. |\ny = SUM(x[D!]) + (((1))) ~ ~ |"
    run_mdl(text, folder)
    with limits.changed(**changes):
        run_mdl(text + "\nz = 1 ~ ~ |", folder)
    raise AssertionError("not refused")


def _macros(depth: int, calls: int) -> str:
    """Write macros each of which calls the next several times."""
    lines = []
    for n in range(depth):
        inner = " + ".join(f"M{n + 1}(a + {k})" for k in range(calls)) if n < depth - 1 else "a * 2"
        lines.append(f":MACRO: M{n}(a)\nM{n} = {inner} ~ ~ |\n:END OF MACRO:")
    return "\n".join([*lines, "x = M0(Time) ~ ~ |"])


def _ranges(count: int, size: int, product: int) -> str:
    names = [f"D{n}" for n in range(count)]
    ranges = [f"{name}: ({name}e1-{name}e{size}) ~ ~ |" for name in names]
    return "\n".join([*ranges, f"x[{','.join(names[:product])}] = Time ~ ~ |"])


def _sums(size: int) -> str:
    lines = [f"D: (e1-e{size}) ~ ~ |", "y[D] = SUM(x[D!] * x[D]) ~ ~ |", "x[D] = D + Time ~ ~ |"]
    return "\n".join(lines)


_DOUBLED = "\n".join(f"x{n + 1} = x{n} + x{n} ~ ~ |" for n in range(60))
_SPLITS = "\n".join(f"x{n + 1} = x{n} * x{n} + 1 / x{n} ~ ~ |" for n in range(60))
_LAUGHS = (
    '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(12))
    + "]>"
)
_OUTSIDE = '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a SYSTEM "../secret.csv">]>'
_PARAMETER = '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>'
_BODY = XMILE.split("\n", 1)[1]


def _control(**changed: str) -> str:
    control = CONTROL
    for name, value in changed.items():
        name = name.replace("_", " ").upper()
        line = next(one for one in control.splitlines() if one.startswith(name))
        control = control.replace(line, f"{name} = {value} ~ Month ~ |")
    return control


_MDL: dict[str, Callable[[], str]] = {
    "power of powers": lambda: "x = 9^9^9 ~ ~ |\ny = (-8)^(1/3) ~ ~ |",
    "chain of powers": lambda: "x = " + "9^" * 5000 + "9 ~ ~ |",
    "chain of signs": lambda: "x = " + "-" * 50_000 + "1 ~ ~ |",
    "chain of NOT": lambda: "x = " + ":NOT: " * 20_000 + "1 ~ ~ |",
    "parentheses": lambda: "x = " + "(" * 100_000 + "1" + ")" * 100_000 + " ~ ~ |",
    "parentheses not closed": lambda: "x = " + "(" * 300_000 + " ~ ~ |",
    "calls": lambda: "x = " + "ABS(" * 5000 + "1" + ")" * 5000 + " ~ ~ |",
    "long sum": lambda: "x = " + "Time + " * 20_000 + "1 ~ ~ |",
    "very long sum": lambda: "x = " + "Time + " * 50_000 + "1 ~ ~ |",
    "long product of comparisons": lambda: "x = " + "(Time > 1) * " * 20_000 + "1 ~ ~ |",
    "long AND": lambda: "x = IF THEN ELSE(" + "Time > 1 :AND: " * 20_000 + "1, 1, 0) ~ ~ |",
    "numbered range": lambda: "D: (A1-A1000000000) ~ ~ |\nx[D] = 1 ~ ~ |",
    "numbered range of long numbers": lambda: "D: (A1-A" + "9" * 5000 + ") ~ ~ |\nx[D] = 1 ~ ~ |",
    "many ranges": lambda: _ranges(200, 20_000, 1),
    "product of ranges": lambda: _ranges(8, 1000, 8),
    "product of ranges with exceptions": lambda: (
        _ranges(3, 40, 1)
        + "\ny[D0,D1,D2] :EXCEPT: "
        + ", ".join(f"[D0,D1,D2e{n + 1 if n < 30 else 1}]" for n in range(2000))
        + " = Time ~ ~ |\n"
        + "\n".join(f"y[D0,D1,D2e{n + 1}] = {n} ~ ~ |" for n in range(30))
    ),
    "sums of sums": lambda: _sums(3000),
    "range within ranges": lambda: (
        "R0: a, b ~ ~ |\n"
        + "\n".join(f"R{n + 1}: R{n}, c{n} ~ ~ |" for n in range(500))
        + "\nx[R500] = 1 ~ ~ |"
    ),
    "range of itself": lambda: "R: S, a ~ ~ |\nS: R, b ~ ~ |\nx[R] = 1 ~ ~ |",
    "macros of macros": lambda: _macros(40, 2),
    "deep macros": lambda: _macros(3000, 1),
    "macro of itself": lambda: ":MACRO: M(a)\nM = M(a) ~ ~ |\n:END OF MACRO:\nx = M(1) ~ ~ |",
    "doubled": lambda: "x0 = Time ~ ~ |\n" + _DOUBLED,
    "doubled order of a delay": lambda: (
        "x0 = 1 ~ ~ |\n" + _DOUBLED + "\ny = DELAY N(Time, 3, 0, x60) ~ ~ |"
    ),
    "doubled end of time": lambda: "x0 = 1 ~ ~ |\n" + _SPLITS,
    "order of a delay": lambda: "x = DELAY N(Time, 3, 0, 1e9) ~ ~ |",
    "high order of delays": lambda: "\n".join(
        f"x{n} = DELAY N(Time, 3, {n}, 1000) ~ ~ |" for n in range(20)
    ),
    "steps of a delay": lambda: "x = DELAY FIXED(Time, 1e12, 0) ~ ~ |",
    "steps of delays": lambda: (
        "x = DELAY FIXED(Time, 1e300, 0) ~ ~ |\n"
        "y = DELAY FIXED(Time, -5, 0) ~ ~ |\nz = DELAY FIXED(Time, 0/0, 0) ~ ~ |"
    ),
    "train of pulses": lambda: "x = PULSE TRAIN(0, 1e-12, 1e-12, 1e12) ~ ~ |",
    "train of no pulses": lambda: "x = PULSE TRAIN(0, 0, 0, 1e300) ~ ~ |",
    "chain of initial values": lambda: (
        "x0 = Time ~ ~ |\n" + "\n".join(f"x{n + 1} = INITIAL(x{n} + 1) ~ ~ |" for n in range(5000))
    ),
    "chain of variables": lambda: (
        "\n".join(f"x{n} = x{n + 1} + 1 ~ ~ |" for n in range(5000)) + "\nx5000 = Time ~ ~ |"
    ),
    "large circle": lambda: "\n".join(f"x{n} = x{(n + 1) % 5000} ~ ~ |" for n in range(5000)),
    "empty range": lambda: "D: a, b ~ ~ |\nE: -> D ~ ~ |\nx[E] = 1 ~ ~ |",
    "points": lambda: (
        "f(" + ",".join(f"({n},{n})" for n in range(30_000)) + ") ~ ~ |\nx = f(Time) ~ ~ |"
    ),
    "too many points": lambda: (
        "f(" + ",".join(f"({n},1)" for n in range(1_000_000)) + ") ~ ~ |\nx = f(Time) ~ ~ |"
    ),
    "points with axes": lambda: (
        "f([(0,0)-(" + "9" * 100_000 + ",1)],(0,0),(1,1)) ~ ~ |\nx=f(1) ~~|"
    ),
    "documentation": lambda: "x = 1 ~ ~ " + "word " * 1_000_000 + "|",
    "definitions": lambda: "\n".join(f"x{n}=1~~|" for n in range(100_000)),
    "large definition": lambda: "x = " + "a" * 10_000_000 + " ~ ~ |",
    "large number": lambda: "x = " + "9" * 400_000 + " ~ ~ |",
    "large comment": lambda: "x = 1 {" + "{}" * 1_000_000 + "} ~ ~ |",
    "comments not closed": lambda: "x = 1 " + "{" * 1_000_000 + " ~ ~ |",
    "quotes not closed": lambda: "\n".join('x" = 1 ~ ~ |' for _ in range(20_000)),
    "quotes": lambda: '"' * 1_000_001 + " = 1 ~ ~ |",
    "backslashes": lambda: 'x = "' + "\\" * 1_000_001 + '" ~ ~ |',
    "spaces": lambda: "x = 1" + " " * 400_000 + "y ~ ~ |",
    "spaces in a name": lambda: "x" + " y" * 200_000 + " ? 1 ~ ~ |",
    "line ends": lambda: "\n" * 5_000_000 + "x = 1 ~ ~ |",
    "brackets": lambda: "x[" + "[" * 400_000 + " = 1 ~ ~ |",
    "commas": lambda: "x = MAX(" + "1," * 200_000 + "1) ~ ~ |",
    "subscripts of commas": lambda: "x[" + "a," * 200_000 + "a = 1 ~ ~ |",
    "stars": lambda: "*" * 3_000_000 + "\nx = 1 ~ ~ |",
    "group not closed": lambda: "{** " * 200_000 + "\nx = 1 ~ ~ |",
    "limits of units": lambda: "x = 1 ~ Dmnl [" + "[" * 100_000 + "1,2] ~ |",
    "units": lambda: "x = 1 ~ " + "a*(" * 50_000 + " ~ |\ny = x ~ b^99999999999 ~ |",
    "bars": lambda: "|" * 2_000_000,
    "tildes": lambda: "~" * 2_000_000,
    "undefined names": lambda: "\n".join(
        f"variable {n} = undefined name number {n} ~ ~ |" for n in range(3000)
    ),
    "long undefined name": lambda: "x" * 200_000 + " = 1 ~ ~ |\ny = " + "x" * 199_999 + " ~ ~ |",
    "duplicates": lambda: "\n".join("x = 1 ~ ~ |" for _ in range(20_000)),
    "array": lambda: (
        "D: (e1-e300) ~ ~ |\nE: (f1-f300) ~ ~ |\nx[D,E] = " + "1," * 200_000 + "1 ~ ~ |"
    ),
    "matrix": lambda: (
        "D: (e1-e100) ~ ~ |\nE: (f1-f100) ~ ~ |\nm[D,E] = RANDOM UNIFORM(0,1,0) "
        "~ ~ |\ni[D,E] = INVERT MATRIX(m[D,E], 100) ~ ~ |"
    ),
    "sorted": lambda: (
        "D: (e1-e1000) ~ ~ |\nx[D] = Time * D ~ ~ |\ny[D] = VECTOR SORT ORDER(x[D], 1) ~ ~ |"
    ),
    "allocated": lambda: (
        "D: (e1-e400) ~ ~ |\nx[D] = Time * D ~ ~ |\n"
        "y[D] = ALLOCATE BY PRIORITY(x[D], x[D], 400, 1, Time) ~ ~ |"
    ),
    "infinite numbers": lambda: "x = 1e999 ~ ~ |",
    "numbers that overflow": lambda: "x = EXP(1e308) * 1e308 - EXP(1e308) ~ ~ |",
}
_TIMES = {
    "time step of 0": {"time_step": "0"},
    "time step below 0": {"time_step": "-1"},
    "small time step": {"time_step": "1e-300"},
    "many steps": {"time_step": "1e-6", "final_time": "1e6"},
    "many steps in memory": {"time_step": "1", "final_time": "9e8"},
    "end of time": {"final_time": "9^9^9"},
    "no number as time": {"initial_time": "0/0"},
    "time of itself": {"final_time": "FINAL TIME + 1"},
    "time of an element": {"final_time": "x[b] ~ ~ |\nD: a, b ~ ~ |\nx[D] = 3"},
    "saved at no step": {"saveper": "1e-9"},
    "saved never": {"saveper": "1e300"},
}
_XML: dict[str, Callable[[], str]] = {
    "entities": lambda: (
        _LAUGHS
        + _BODY.format(variables='<aux name="x"><eqn>&a12;</eqn></aux>', dimensions="", more="")
    ),
    "outside entity": lambda: (
        _OUTSIDE
        + _BODY.format(
            variables='<aux name="x"><doc>&a;</doc><eqn>1</eqn></aux>', dimensions="", more=""
        )
    ),
    "parameter entity": lambda: _PARAMETER + _BODY.format(variables="", dimensions="", more=""),
    "inclusion": lambda: XMILE.format(
        variables='<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="../secret.csv" '
        'parse="text"/><aux name="x"><eqn>1</eqn></aux>',
        dimensions="",
        more="",
    ),
    "model of another file": lambda: XMILE.format(
        variables="", dimensions="", more='<model resource="../secret.csv" name="m"/>'
    ),
    "nested elements": lambda: XMILE.format(
        variables="<group>" * 100_000 + "</group>" * 100_000, dimensions="", more=""
    ),
    "nested elements below the limit of XML": lambda: XMILE.format(
        variables="<group>" * 200 + "</group>" * 200, dimensions="", more=""
    ),
    "attributes": lambda: XMILE.format(
        variables="<aux "
        + " ".join(f'a{n}="1"' for n in range(50_000))
        + ' name="x"><eqn>1</eqn></aux>',
        dimensions="",
        more="",
    ),
    "xmile parentheses": lambda: aux("(" * 50_000 + "1" + ")" * 50_000),
    "xmile signs": lambda: aux("-" * 50_000 + "1"),
    "xmile conditions": lambda: aux("IF 1 THEN " * 5000 + "1" + " ELSE 1" * 5000),
    "xmile powers": lambda: aux("9^" * 5000 + "9"),
    "xmile long sum": lambda: aux("TIME+" * 20_000 + "1"),
    "xmile quotes": lambda: aux('"' * 100_001),
    "xmile dots": lambda: aux("a" + ".a" * 100_000),
    "xmile dots in quotes": lambda: aux('"a"' + '."a"' * 20_000 + '"'),
    "xmile braces": lambda: aux("{" * 200_000),
    "xmile name of backslashes": lambda: XMILE.format(
        variables=f'<aux name="{"x" + chr(92) * 500_001}"><eqn>1</eqn></aux>',
        dimensions="",
        more="",
    ),
    "xmile dimension": lambda: XMILE.format(
        variables='<aux name="x"><dimensions><dim name="d"/></dimensions><eqn>1</eqn></aux>',
        dimensions='<dimensions><dim name="d" size="1000000000"/></dimensions>',
        more="",
    ),
    "xmile dimension of a long number": lambda: XMILE.format(
        variables='<aux name="x"><dimensions><dim name="d"/></dimensions><eqn>1</eqn></aux>',
        dimensions=f'<dimensions><dim name="d" size="{"9" * 6000}"/></dimensions>',
        more="",
    ),
    "xmile dimensions": lambda: XMILE.format(
        variables='<aux name="x"><dimensions>'
        + "".join(f'<dim name="d{n}"/>' for n in range(6))
        + "</dimensions><eqn>1</eqn></aux>",
        dimensions="<dimensions>"
        + "".join(f'<dim name="d{n}" size="1000"/>' for n in range(6))
        + "</dimensions>",
        more="",
    ),
    "xmile many dimensions": lambda: XMILE.format(
        variables='<aux name="x"><dimensions><dim name="d1"/></dimensions><eqn>1</eqn></aux>',
        dimensions="<dimensions>"
        + "".join(f'<dim name="d{n}" size="200000"/>' for n in range(100))
        + "</dimensions>",
        more="",
    ),
    "xmile table": lambda: XMILE.format(
        variables='<gf name="f"><xscale min="0" max="1"/><ypts>' + "1," * 500_000 + "1</ypts></gf>",
        dimensions="",
        more="",
    ),
    "xmile time": lambda: aux("1").replace("<dt>1</dt>", "<dt>9^9^9</dt>"),
    "xmile steps": lambda: aux("1").replace("<stop>2</stop>", "<stop>1e300</stop>"),
    "xmile reciprocal of 0": lambda: aux("1").replace("<dt>1</dt>", '<dt reciprocal="true">0</dt>'),
}
_BYTES: dict[str, Callable[[], tuple[bytes, str]]] = {
    "no bytes": lambda: (b"", ".mdl"),
    "null bytes": lambda: (b"\0" * 1_000_000, ".mdl"),
    "random bytes": lambda: (bytes(range(256)) * 4000, ".mdl"),
    "utf-7": lambda: (b"{utf-7}\nx = 1 ~ +2AA- ~ |" + CONTROL.encode(), ".mdl"),
    "punycode": lambda: (b"{punycode}\nx = 1 ~ ~ " + b"a-" * 500_000 + b"|", ".mdl"),
    "idna": lambda: (b"{idna}\nx = 1 ~ ~ " + b"a" * 90_000 + b"|" + CONTROL.encode(), ".mdl"),
    "unicode escapes": lambda: (
        b"{unicode_escape}\nx = 1 ~ \\ud800 ~ |" + CONTROL.encode(),
        ".mdl",
    ),
    "zlib as encoding": lambda: (b"{zlib}\nx = 1 ~ ~ |" + CONTROL.encode(), ".mdl"),
    "unknown encoding": lambda: (
        b"{" + b"a" * 100_000 + b"}\nx = 1 ~ ~ |" + CONTROL.encode(),
        ".mdl",
    ),
    "picture": lambda: (b"\x89PNG\r\n\x1a\n" + b"\0" * 1000, ".mdl"),
    "half of a model": lambda: (b"{UTF-8}\nx = INTEG(1,", ".mdl"),
    "no bytes of XML": lambda: (b"", ".xmile"),
    "random bytes of XML": lambda: (bytes(range(256)) * 4000, ".xmile"),
    "XML in EBCDIC": lambda: (aux("1").encode("cp037"), ".xmile"),
    "XML in UTF-7": lambda: (
        b'<?xml version="1.0" encoding="utf-7"?><xmile xmlns="x">+ADw-</xmile>',
        ".xmile",
    ),
    "XML of null bytes": lambda: (b"<?xml" + b"\0" * 10_000, ".stmx"),
}
_LIMITS = {
    "definitions": 3,
    "definition": 10,
    "documentation": 3,
    "nesting": 2,
    "elements": 2,
    "operations": 3,
    "file_size": 50,
}


def _timed(changed: dict[str, str], folder: Path) -> None:
    text = "\n".join(f"x{n} = Time + {n} ~ ~ |" for n in range(200))  # too much for any memory
    run_mdl(text, folder, _control(**changed))


CASES: dict[str, Callable[[Path], object]] = {
    **{
        f"size: {name}": partial(lambda make, folder: run_mdl(make(), folder), make)
        for name, make in _MDL.items()
    },
    **{f"time: {name}": partial(_timed, changed) for name, changed in _TIMES.items()},
    **{
        f"xml: {name}": partial(lambda make, folder: run_xmile(make(), folder), make)
        for name, make in _XML.items()
    },
    **{
        f"bytes: {name}": partial(
            lambda make, folder: run_bytes(make()[0], folder, make()[1]), make
        )
        for name, make in _BYTES.items()
    },
    **{
        f"limit: {name}": partial(
            lambda name, most, folder: _small(folder, **{name: most}), name, most
        )
        for name, most in _LIMITS.items()
    },
}
