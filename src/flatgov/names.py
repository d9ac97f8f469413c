"""How names are compared: as Vensim does, ignoring case, spaces against underscores, quotes."""

from __future__ import annotations

import functools


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
