from __future__ import annotations

import itertools

from flatgov.kernel.lower.ranges import excluder


def test_exceptions_are_the_products_of_their_lists() -> None:
    elements = {"d": ("a", "b", "c"), "e": ("p", "q"), "s": ("b", "c")}
    groups = [("S", "P"), ("a", "e"), ("b", "q")]
    expected = {
        one
        for group in groups
        for one in itertools.product(*(elements.get(n.lower(), (n.lower(),)) for n in group))
    }
    is_excluded = excluder(elements, groups)
    every = itertools.product(elements["d"], elements["e"])
    assert {one for one in every if is_excluded(one)} == expected
    assert not excluder(elements, [])(("a", "p"))
