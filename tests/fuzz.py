"""Fuzzes the readers of models and studies: only a `FlatgovError` may come out.

    python tests/fuzz.py --minutes 10 [--seed N] [--keep FOLDER]

Takes small right files of all kinds (models, studies, expectations and checks, tables of draws,
spreadsheets, folders of results), changes them at random (pieces of grammar put in, taken out,
doubled, nested; bytes flipped; files cut and spliced) and reads them; models that load are
lowered and checked. Prints how many of each kind still load. Files that break something are kept
in FOLDER under their seed, made as short as a simple search finds. Exit status 1 if any does.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import flatgov as fg
from flatgov import limits
from flatgov.names import printable
from fuzz_kinds import KINDS, USES, is_changed

_SECONDS = 20  # a file that takes longer hangs
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
    kind, name, content = make(seed, folder)
    return use(kind, name, content, folder)


def make(seed: int, folder: Path) -> tuple[str, str, bytes]:
    """Write right files, and give the kind, the path and the changed content of one of them."""
    chance = random.Random(seed)
    kind = chance.choice(tuple(KINDS))
    files = KINDS[kind]()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    name = chance.choice([name for name in files if is_changed(kind, name)])
    others = [one.decode() for file, one in files.items() if _is_text(file)]
    if name.endswith(".xlsx") and chance.random() < 0.8:
        return kind, name, _spoiled_part(files[name], chance)
    if not _is_text(name):
        return kind, name, _flipped(files[name], chance)
    if chance.random() < 0.5:  # one small change, so that much still loads
        return kind, name, _small_change(files[name].decode(), chance)
    return kind, name, mutate(files[name].decode(), chance, others)


def use(kind: str, name: str, content: bytes, folder: Path) -> str:
    """Use the files of a folder of which one has been changed."""
    (folder / name).write_bytes(content)
    try:
        with limits.changed(operations=20_000, elements=20_000):
            USES[kind](folder)
        return f"{kind} right"
    except fg.FlatgovError as error:
        if "\n" in str(error) or printable(str(error)) != str(error):
            raise ValueError("an error of several lines, or one that steers") from error
        return f"{kind} refused"


def shortest(kind: str, name: str, content: bytes, folder: Path, error: Exception) -> bytes:
    """Take pieces out of a file for as long as it breaks in the same way."""
    size = max(len(content) // 2, 1)
    tries = 300
    while size and tries:
        start = 0
        while start < len(content) and tries:
            shorter = content[:start] + content[start + size :]
            tries -= 1
            try:
                use(kind, name, shorter, folder)
            except Exception as now:
                if _key(now) == _key(error):
                    content = shorter
                    continue
            start += size
        size //= 2
    return content


def _key(error: Exception) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}"


def _is_text(name: str) -> bool:
    return name.endswith((".mdl", ".xmile", ".toml", ".csv", ".json"))


def _flipped(content: bytes, chance: random.Random) -> bytes:
    """Change bytes of a file that is not text, or cut it."""
    spoiled = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 20))):
        if spoiled:
            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
    end = chance.randrange(len(spoiled) + 1) if chance.random() < 0.1 else None
    return bytes(spoiled[:end])


def _spoiled_part(content: bytes, chance: random.Random) -> bytes:
    """Change a part of a packed file, and pack it again."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(list(parts))
    change = _small_change if chance.random() < 0.7 else mutate
    parts[name] = change(parts[name].decode(), chance)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for one, part in parts.items():
            archive.writestr(one, part)
    return packed.getvalue()


def _small_change(text: str, chance: random.Random) -> bytes:
    """Change a number, a space or a line."""
    at = [place for place, sign in enumerate(text) if sign.isdigit() or sign == " "]
    for _ in range(chance.choice((1, 1, 2))):
        place = chance.choice(at or [0])
        sign = chance.choice(("0", "1", "7", "  ")) if text[place : place + 1] != " " else "  "
        text = text[:place] + sign + text[place + 1 :]
        at = [one for one in at if one < place]
    return text.encode()


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
            folder = Path(name)
            kind, file, content = make(seed, folder)
            try:
                ends[use(kind, file, content, folder)] += 1
            except Exception as error:
                signal.alarm(0)
                broken.setdefault(f"{kind}: {_key(error)}", []).append(seed)
                if asked.keep:
                    asked.keep.mkdir(exist_ok=True, parents=True)
                    if not isinstance(error, TimeoutError):
                        content = shortest(kind, file, content, folder, error)
                    (asked.keep / f"{seed}-{Path(file).name}").write_bytes(content)
            signal.alarm(0)
            slowest = max(slowest, (time.perf_counter() - start, seed))
        seed += 1
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(f"seeds {asked.seed} to {seed - 1}")
    for kind in KINDS:
        right, refused = ends[f"{kind} right"], ends[f"{kind} refused"]
        share = right / max(right + refused, 1)
        print(f"{kind}: {right + refused} files, {share:.0%} still load")
    print(f"slowest {slowest[0]:.1f} s (seed {slowest[1]}), peak memory {peak:.0f} MiB")
    for key, seeds in broken.items():
        print(f"{key}: {len(seeds)} times, seeds {seeds[:5]}")
    return 1 if broken else 0


def _too_long(signum: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"longer than {_SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
