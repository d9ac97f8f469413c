"""Subscript ranges and the mappings between them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flatgov.errors import ModelError
from flatgov.model import Model
from flatgov.reading.ranges import RangeText, read_range

Load = Callable[..., Model]
RANGES = "DimA: A1, A2, A3{} ~~|\nDimB: B1, B2, B3, B4, B5 ~~|\nSub: B1, B2 ~~|\nRest: B3,B5 ~~|\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A, B", RangeText(("A", "B"), {})),
        ('"A, (1)", B', RangeText(('"A, (1)"', "B"), {})),
        ("(L1-L3), M, (N 9-N 10)", RangeText(("L1", "L2", "L3", "M", "N 9", "N 10"), {})),
        ("A, B->C", RangeText(("A", "B"), {"C": ()})),
        (
            "A, B -> C, (D: D2, (E1-E2)) ,F",
            RangeText(("A", "B"), {"C": (), "D": ("D2", "E1", "E2"), "F": ()}),
        ),
    ],
)
def test_the_text_of_a_range(text: str, expected: RangeText) -> None:
    assert read_range(text) == expected


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ("-> Sub2", {"DimA": {"Sub2": ("B3", "B4", "B5")}}),
        ("-> (DimB: B1, B2, B2)", {"DimA": {"DimB": ("B1", "B2", "B2")}}),
        ("-> (dimb: b4, B1, B2)", {"DimA": {"DimB": ("B4", "B1", "B2")}}),
        ("-> (DimB: Sub, Rest, B4)", {"DimB": {"DimA": ("A1", "A1", "A2", "A3", "A2")}}),
        ("-> (DimB: B4, Rest, B2)", {"DimB": {"DimA": ("", "A3", "A2", "A1", "A2")}}),
        ("-> Sub2, (DimB: B3,B2,B1)", {"DimA": {"Sub2": ("B3", "B4", "B5"),
                                              "DimB": ("B3", "B2", "B1")}}),
    ],
)  # fmt: skip
def test_mappings(load: Load, mapping: str, expected: object) -> None:
    model = load(RANGES.format(mapping) + "Sub2: B3, B4, B5 ~~|")
    assert model.mappings == expected
    assert model.subscripts["DimA"] == ("A1", "A2", "A3")


def test_a_range_equal_to_another_is_mapped_to_it(load: Load) -> None:
    model = load("Copy <-> Dim ~~|\nDim: (A1-A2) ~~|\nx[Copy] = 1, 2 ~~|")
    assert model.subscripts == {"Copy": ("A1", "A2"), "Dim": ("A1", "A2")}
    assert model.mappings == {"Copy": {"Dim": ("A1", "A2")}}
    assert model.variables["x"].subscripts == ("Copy",)


def test_ranges_inside_ranges(load: Load) -> None:
    model = load("All: first, rest, last ~~|\nREST: (m1-m2) ~~|")
    assert model.subscripts["All"] == ("first", "m1", "m2", "last")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("D: A, B -> E ~~|", "'D', line 1: the subscript range 'E' is not defined"),
        (
            "D: A, B -> E ~~|\nE: F, G, H ~~|",
            "'D', line 1: the mapping to 'E' has 3 elements for 2",
        ),
        (
            "D: A, B -> (E: F, K) ~~|\nE: F, G, H ~~|",
            "'D', line 1: 'K' is no element of the range 'E'",
        ),
        ("D: (A1-B2) ~~|", "'D', line 1: '(A1-B2)' must have one name before both numbers"),
        ("D: (A3-A2) ~~|", "'D', line 1: the numbers of '(A3-A2)' do not rise"),
    ],
)
def test_wrong_ranges(load: Load, text: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        load(text)
    assert message in str(caught.value)


def test_subscripts_are_found_in_any_spelling(load: Load) -> None:
    model = load(
        "Team Of: North_East, south ~~|\nx[team_of] = 1 ~~|\n"
        "y[NORTH east] = 2 ~~|\ny[South] = 3 ~~|\nz[Team of] :EXCEPT: [SOUTH] = 4 ~~|"
    )
    assert model.variables["x"].subscripts == model.variables["y"].subscripts == ("Team Of",)
    assert [e.subscripts for e in model.variables["y"].equations] == [("North_East",), ("south",)]
    assert model.variables["z"].equations[0].excluded == (("south",),)
