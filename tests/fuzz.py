"""Fuzzes the readers of models and studies: only a `FlatgovError` may come out.

    python tests/fuzz.py --minutes 10 [--seed N] [--keep FOLDER]

Takes small right files, changes them at random (pieces of grammar put in, taken out, doubled,
nested; bytes flipped; files cut and spliced) and reads them; what loads is lowered. Files that
break something are kept in FOLDER under their seed. Exit status 1 if any does.
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import flatgov as fg
from conftest import FILES, MODEL
from flatgov import limits
from flatgov.kernel.lower import lower
from hostile.routes import XMILE

_SECONDS = 20  # a file that takes longer hangs
MDL = (
    MODEL,
    '{UTF-8}\nD: a, b, c ~~|\nE: (e1-e3) -> D ~~|\nx[D] = 1, 2, 3 ~ Person [0,?,1] ~ "q" |\n'
    "y[D] = SUM(x[D!] * 2) + IF THEN ELSE(Time > 1 :AND: :NOT: x[D] <= 2, ABS(x[a]), x[D]^2) ~~|\n"
    'z = WITH LOOKUP(Time, ([(0,0)-(9,9)],(0,0),(1,2),(9,9))) + INITIAL("s t"[e1]) ~~|\n'
    '"s t"[E] = INTEG(-"s t"[E] / 3, E) ~~ {note {inner}} |\n'
    ":MACRO: M(a, b : c)\nM = SMOOTH(a, b) ~~|\nc = M * 2 ~~|\n:END OF MACRO:\n"
    "w = M(x[b], 3 : v) + DELAY N(Time, 3, 0, 2) + PULSE TRAIN(0, 1, 2, 9) ~~|\n"
    "u[D] :EXCEPT: [c] = VECTOR SORT ORDER(x[D], 1) ~~|\nu[c] = RANDOM UNIFORM(0, 1, 5) ~~|\n"
    "********\n.group\n********~\n|\nINITIAL TIME = 0 ~~|\n"
    "FINAL TIME = 3 ~~|\nTIME STEP = 0.5 ~~|\nSAVEPER = TIME STEP ~~|\n"
    "\\\\\\---/// Sketch information\nV300\n*View\n10,1,x,1,1,1,1,3,3,0,0\n",
)
XML = (
    XMILE.format(
        dimensions='<dimensions><dim name="d" size="3"/><dim name="e"><elem name="p"/>'
        '<elem name="q"/></dim></dimensions>',
        variables='<stock name="s"><eqn>5</eqn><inflow>f</inflow><outflow>g</outflow>'
        '</stock><flow name="f"><eqn>IF TIME &gt; 1 THEN s/2 ELSE h(s)</eqn>'
        '<units>a/b</units></flow><flow name="g"><eqn>MIN(s, SMTH1(f, 2)) + PULSE(1, 2, 3)</eqn>'
        '</flow><gf name="h"><xscale min="0" max="9"/><ypts>1,2,3</ypts></gf><aux name="v">'
        '<dimensions><dim name="e"/></dimensions><element subscript="p"><eqn>1</eqn></element>'
        '<element subscript="q"><eqn>SUM(v2[*])</eqn></element></aux><aux name="v2"><dimensions>'
        '<dim name="d"/></dimensions><eqn>-2^2 mod 3 // 2</eqn><doc>text</doc></aux>',
        more='<macro name="m"><parm>a</parm><eqn>a * 2</eqn></macro>',
    ),
)
_PIECES = (
    *("(", ")", "[", "]", "{", "}", '"', "'", "~", "|", "=", ":=", "==", ":", ",", ";", "!", "^"),
    *(
        "-",
        "+",
        "*",
        "/",
        "<",
        ">",
        "<>",
        "\\",
        "\n",
        "\r",
        "\t",
        " ",
        "\x00",
        "\x1b",
        "$",
        "%",
        "#",
    ),
    *(":AND:", ":NOT:", ":EXCEPT:", ":MACRO:", ":END OF MACRO:", ":NA:", ":RAW:", "->", "<->"),
    *("INTEG(", "DELAY FIXED(", "DELAY N(", "SMOOTH(", "SUM(", "WITH LOOKUP(", "IF THEN ELSE("),
    *(
        "GET DIRECT DATA('a.csv',',','A','B2')",
        "GAME(",
        "INITIAL(",
        "TABBED ARRAY(",
        "A FUNCTION OF(",
    ),
    *("1e999", "9^9^9", "1e-320", "-0", "nan", "inf", "0x10", "1_0", "٣", "１", "9" * 400, "A1-A9"),
    *(
        "Time",
        "x",
        "x[D]",
        "D!",
        "名",
        "\u202e",
        "\ufeff",
        "\ud7ff",
        "é",
        "ſ",
        "İ",
        "\U0001f600",
        "\u0301",
    ),
    *(
        '<aux name="x">',
        "</aux>",
        "<eqn>",
        "</eqn>",
        "&amp;",
        "&#x41;",
        "<!DOCTYPE x>",
        "<![CDATA[",
    ),
    *("<module name='m'/>", "<stock name='x'>", "<dim name='d' size='9'/>", "<isee:x/>", "]]>"),
    *(
        "[[",
        "]]",
        "[a.b]",
        "a = ",
        "= [",
        "= {",
        "'''",
        '"""',
        "true",
        "2020-01",
        "2020-01-01",
        "\\u0041",
    ),
    *("extends = ['now']", "value = -1e308", "start = 'end'", "distribution = 'scipy.norm'", "###"),
)


def mutate(text: str, chance: random.Random, others: Sequence[str] = ()) -> bytes:
    """Change a file at random.

    Args:
        text: The file.
        chance: What decides.
        others: Other files of its kind, to be spliced in.
    """
    for _ in range(chance.choice((1, 1, 2, 3, 5, 9))):
        first, last = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        short = min(last, first + chance.choice((1, 2, 5, 20, 100)))
        piece = chance.choice(_PIECES)
        match chance.randrange(9):
            case 0:
                text = text[:first] + piece + text[first:]
            case 1:
                text = text[:first] + text[short:]
            case 2:
                text = text[:first] + piece + text[short:]
            case 3:
                text = text[:short] + text[first:]
            case 4:
                times = chance.choice((3, 30, 300))
                text = text[:first] + piece * times + text[first:]
            case 5:
                text = text[:first] if chance.random() < 0.2 else text
            case 6:
                other = chance.choice([text, *others])
                start = chance.randrange(len(other) + 1)
                text = text[:first] + other[start : start + 80] + text[first:]
            case 7:
                lines = text.split("\n")
                chance.shuffle(lines)
                text = "\n".join(lines)
            case _:
                words = text.split(" ")
                one, two = chance.randrange(len(words)), chance.randrange(len(words))
                words[one], words[two] = words[two], words[one]
                text = " ".join(words)
    content = text.encode("utf-8", "surrogatepass")
    if content and chance.random() < 0.1:
        spoiled = bytearray(content)
        for _ in range(chance.randrange(1, 6)):
            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
        content = bytes(spoiled)
    return content


def try_one(seed: int, folder: Path) -> str:
    """Make a file by a seed and use it; gives how that ended.

    Raises:
        Exception: Anything but a `FlatgovError`: the file breaks flatgov.
    """
    chance = random.Random(seed)
    kind = chance.choice(("mdl", "mdl", "xmile", "toml"))
    try:
        if kind == "toml":
            _write_study(chance, folder)
            fg.open_study(folder)
            return "toml right"
        base = chance.choice(MDL if kind == "mdl" else XML)
        path = folder / f"model.{kind}"
        path.write_bytes(mutate(base, chance, MDL if kind == "mdl" else XML))
        with limits.changed(operations=20_000, elements=20_000):
            lower(fg.load_model(path))
        return f"{kind} right"
    except fg.FlatgovError as error:
        if "\n" in str(error):
            raise ValueError("an error of several lines") from error
        return f"{kind} refused"


def _write_study(chance: random.Random, folder: Path) -> None:
    from study.conftest import UNCERTAINTY

    files = {**FILES, "uncertainty.toml": UNCERTAINTY}
    spoiled = chance.choice([name for name in files if name.endswith(".toml")])
    for name, text in files.items():
        content = mutate(text, chance, list(files.values())) if name == spoiled else text.encode()
        (folder / name).write_bytes(content)


def main() -> int:
    """Fuzz for a while and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    ends: Counter[str] = Counter()
    broken: dict[str, list[int]] = {}
    slowest, seed = (0.0, -1), asked.seed
    signal.signal(signal.SIGALRM, _too_long)
    begun = time.perf_counter()
    while time.perf_counter() - begun < asked.minutes * 60:
        with tempfile.TemporaryDirectory() as name:
            start = time.perf_counter()
            signal.alarm(_SECONDS)
            try:
                ends[try_one(seed, Path(name))] += 1
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                key = f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}"
                broken.setdefault(key, []).append(seed)
                if asked.keep:
                    asked.keep.mkdir(exist_ok=True, parents=True)
                    for path in Path(name).iterdir():
                        (asked.keep / f"{seed}-{path.name}").write_bytes(path.read_bytes())
            signal.alarm(0)
            slowest = max(slowest, (time.perf_counter() - start, seed))
        seed += 1
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(f"seeds {asked.seed} to {seed - 1}: {dict(sorted(ends.items()))}")
    print(f"slowest {slowest[0]:.1f} s (seed {slowest[1]}), peak memory {peak:.0f} MiB")
    for key, seeds in broken.items():
        print(f"{key}: {len(seeds)} times, seeds {seeds[:5]}")
    return 1 if broken else 0


def _too_long(signum: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"longer than {_SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
