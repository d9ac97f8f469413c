"""How names are compared and shown: as in Vensim, and without harm to whoever reads them."""

from __future__ import annotations

import functools
import re

# What a terminal obeys and does not show, what turns the direction of the text that follows, and
# halves of characters, which cannot be printed. Tabs and line breaks may stand in texts.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


@functools.lru_cache(maxsize=1 << 16)  # Models compare the same few names over and over.
def canonical(name: str) -> str:
    """Give the form in which two spellings of one name are equal.

    Args:
        name: A variable name as someone wrote it.

    Returns:
        The name in lower case, without enclosing quotes, each run of spaces, tabs, line
        breaks and underscores as one space.
    """
    bare = name.strip()
    if len(bare) > 1 and bare[0] == bare[-1] == '"':
        bare = bare[1:-1]
    return " ".join(bare.replace("_", " ").lower().split())


def printable(text: str) -> str:
    r"""Make a text from a file fit for a terminal: what steers it is written out, as ``\x1b``."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def as_cell(value: object) -> object:
    """Keep spreadsheets from taking a name of a model for a formula: an apostrophe goes before it.

    Args:
        value: What is to stand in a cell of a CSV file; numbers stay numbers.
    """
    if isinstance(value, str) and len(value) > 1 and value[0] in "=+-@\t\r":
        try:
            float(value)
        except ValueError:
            return f"'{value}"
    return value
