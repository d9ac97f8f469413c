"""Functions over subscripts: sums and the like over ``range!``, whole vectors, random numbers.

A function of a whole vector runs along the last subscript of its first argument, whatever the
left-hand side holds, and gives the element at which the left-hand side is (reference outputs of
``vector_order``, ``allocate_available`` and ``invert_matrix``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from flatgov.errors import ModelError
from flatgov.kernel.lower import allocate, matrix, randoms, vectors
from flatgov.kernel.lower.core import Missing, Place
from flatgov.kernel.lower.ranges import SubscriptError
from flatgov.kernel.lower.scope import Scope
from flatgov.model import Call, Expression, Reference
from flatgov.names import canonical

Rule = Callable[[Scope, Call], int]

# The operations of an inverse grow with the third power of the size.
_LARGEST_MATRIX = 20


def _reduce(code: str) -> Rule:
    """SUM, PROD, VMIN, VMAX: from the left over all combinations of the marked ranges."""

    def rule(scope: Scope, call: Call) -> int:
        result, *rest = _lowered(scope.over(call, call.arguments), call.arguments[0])
        for item in rest:
            result = scope.builder.op(code, result, item)
        return result

    return rule


def _lowered(scopes: Sequence[Scope], expression: Expression) -> list[int]:
    """Lower an expression for each element; all that is missing is asked for in one go."""
    items: list[int] = []
    missing: dict[Place, None] = {}
    for scope in scopes:
        try:
            items.append(scope.lower(expression))
        except Missing as lack:
            missing |= dict.fromkeys((lack.place, *lack.others))
    if missing:
        raise Missing(*missing)
    return items


def _elmcount(scope: Scope, call: Call) -> int:
    reference = call.arguments[0]
    ranges = scope.lowering.ranges
    if not isinstance(reference, Reference) or not ranges.is_range(canonical(reference.name)):
        raise scope.error("the argument of ELMCOUNT is no subscript range")
    return scope.number(float(len(ranges.elements[canonical(reference.name)])))


def _vector_select(scope: Scope, call: Call) -> int:
    selection, expression, missing, numerical, error = call.arguments
    scopes = scope.over(call, (selection, expression))
    action = scope.constant(error, "the error action of VECTOR SELECT")
    return _placed(
        scope,
        lambda: vectors.vector_select(
            scope.builder,
            _lowered(scopes, selection),
            _lowered(scopes, expression),
            scope.lower(missing),
            scope.lower(numerical),
            scope.number(action),
        ),
    )


def _placed(scope: Scope, make: Callable[[], int]) -> int:
    """Give an error of a function the place of the equation."""
    try:
        return make()
    except ModelError as error:
        if error.where:
            raise
        raise scope.error(error.what, error.fix) from None


class _Vector:
    """The range along which a function of a whole vector runs.

    Args:
        scope: Where the call stands.
        call: The call.
        back: Which subscript of the first argument it is, from the end: 1 is the last.
    """

    def __init__(self, scope: Scope, call: Call, back: int = 1) -> None:
        reference = call.arguments[0]
        ranges = scope.lowering.ranges
        if not isinstance(reference, Reference) or len(reference.subscripts) < back:
            raise scope.error(
                f"the first argument of {call.function} is no variable with {back} subscripts"
            )
        self.scope = scope
        self.name = canonical(reference.subscripts[-back])
        if not ranges.is_range(self.name):
            raise scope.error(
                f"'{reference.subscripts[-back]}' in {call.function} is no subscript range"
            )
        self.elements = ranges.elements[self.name]
        try:
            self.position = self.elements.index(ranges.element(self.name, scope.bound))
        except (SubscriptError, ValueError):
            raise scope.error(
                f"{call.function} runs along '{ranges.shown(self.name)}', which the left-hand side "
                "does not have"
            ) from None

    def along(self, scope: Scope | None = None) -> list[Scope]:
        """Give a scope for each element."""
        scope = scope or self.scope
        return [
            replace(scope, bound={**scope.bound, self.name: element}) for element in self.elements
        ]

    def lower(self, expression: Expression) -> list[int]:
        """Give the elements of an expression."""
        return [one.lower(expression) for one in self.along()]


def _sorted(
    function: Callable[..., list[int]],
) -> Rule:
    """VECTOR SORT ORDER and VECTOR RANK: (vector, direction)."""

    def rule(scope: Scope, call: Call) -> int:
        vector = _Vector(scope, call)
        values = vector.lower(call.arguments[0])
        return function(scope.builder, values, scope.lower(call.arguments[1]))[vector.position]

    return rule


def _vector_reorder(scope: Scope, call: Call) -> int:
    vector = _Vector(scope, call)
    order = scope.lower(call.arguments[1])
    values = vector.lower(call.arguments[0])
    return vectors.vector_reorder(scope.builder, values, [order])[0]


def _vector_elm_map(scope: Scope, call: Call) -> int:
    reference, offset = call.arguments
    if not isinstance(reference, Reference):
        raise scope.error("the first argument of VECTOR ELM MAP is no variable")
    variable = scope.place.instance.variables.get(canonical(reference.name))
    if variable is None:
        raise scope.error(f"'{reference.name}' is not defined")
    place = scope.referred(reference, variable)
    count = 1
    for length in scope.lowering.ranges.shape(variable.subscripts):
        count *= length
    values = [scope.lowering.value(place._replace(element=element)) for element in range(count)]
    return vectors.vector_elm_map(scope.builder, values, place.element, scope.lower(offset))


def _vector_lookup(scope: Scope, call: Call) -> int:
    """VECTOR LOOKUP(vector[first element], x, first x, last x, mode)."""
    reference, *arguments, mode = call.arguments
    variable = (
        scope.place.instance.variables.get(canonical(reference.name))
        if isinstance(reference, Reference)
        else None
    )
    if not isinstance(reference, Reference) or variable is None or not variable.subscripts:
        raise scope.error("the first argument of VECTOR LOOKUP is no variable with subscripts")
    names = scope.lowering.ranges.elements[canonical(variable.subscripts[-1])]
    given = canonical(reference.subscripts[-1]) if reference.subscripts else ""
    if given != names[0] or len(names) < 2:
        raise scope.error(
            f"VECTOR LOOKUP is given '{given}', not the first of two or more elements",
            fix=f"write {variable.name}[…{names[0]}]",
        )
    number = scope.steady(mode, "the mode of VECTOR LOOKUP")
    if number not in (0.0, 3.0):
        raise scope.error(
            f"VECTOR LOOKUP with mode {number:g} is not supported",
            fix="only 0 (interpolate) and 3 (extrapolate) are",
        )
    values = [
        scope.lower(replace(reference, subscripts=(*reference.subscripts[:-1], name)))
        for name in names
    ]
    x, low, high = (scope.lower(argument) for argument in arguments)
    extrapolate = number == 3.0
    return vectors.vector_lookup(scope.builder, values, x, low, high, extrapolate=extrapolate)


def _allocate_available(scope: Scope, call: Call) -> int:
    """ALLOCATE AVAILABLE(request[r], profile[r, ptype], available)."""
    request, profile, available = call.arguments
    vector = _Vector(scope, call)
    if not isinstance(profile, Reference) or not profile.subscripts:
        raise scope.error("the second argument of ALLOCATE AVAILABLE has no subscripts")
    first = canonical(profile.subscripts[-1])
    names = _profile_elements(scope, first)
    parts = [replace(profile, subscripts=(*profile.subscripts[:-1], name)) for name in names]
    profiles = [
        (
            one.number(one.constant(parts[0], "the ptype of ALLOCATE AVAILABLE")),
            one.lower(parts[1]),
            one.lower(parts[2]),
            one.lower(parts[3]),
        )
        for one in vector.along()
    ]
    requests = vector.lower(request)
    supply = scope.lower(available)
    return _placed(
        scope,
        lambda: allocate.allocate_available(scope.builder, requests, profiles, supply)[
            vector.position
        ],
    )


def _profile_elements(scope: Scope, first: str) -> Sequence[str]:
    """Give the four subscripts of a priority profile: ptype and the three after it."""
    ranges = scope.lowering.ranges
    if ranges.is_range(first):
        names = ranges.elements[first][:4]
    else:
        home = next(elements for elements in ranges.elements.values() if first in elements)
        start = home.index(first)
        names = home[start : start + 4]
    if len(names) < 4:
        raise scope.error(
            "a priority profile of ALLOCATE AVAILABLE needs four elements, and "
            f"'{first}' begins {len(names)}"
        )
    return names


def _allocate_by_priority(scope: Scope, call: Call) -> int:
    """ALLOCATE BY PRIORITY(request[r], priority[r], size, width, supply)."""
    request, priority, _, width, supply = call.arguments
    vector = _Vector(scope, call)
    return _placed(
        scope,
        lambda: allocate.allocate_by_priority(
            scope.builder,
            vector.lower(request),
            vector.lower(priority),
            scope.lower(width),
            scope.lower(supply),
        )[vector.position],
    )


def _invert_matrix(scope: Scope, call: Call) -> int:
    """INVERT MATRIX(matrix[rows, columns], size)."""
    rows, columns = _Vector(scope, call, 2), _Vector(scope, call)
    size = scope.constant(call.arguments[1], "the size in INVERT MATRIX")
    if not size == len(rows.elements) == len(columns.elements):
        raise scope.error(
            f"INVERT MATRIX of size {size:g} is given {len(rows.elements)} rows and "
            f"{len(columns.elements)} columns"
        )
    if size > _LARGEST_MATRIX:
        raise scope.error(
            f"INVERT MATRIX of size {size:g} is not supported",
            fix=f"the largest size is {_LARGEST_MATRIX}",
        )

    def inverse() -> list[list[int]]:
        matrix_of = call.arguments[0]
        table = [[one.lower(matrix_of) for one in columns.along(row)] for row in rows.along()]
        return matrix.invert_matrix(scope.builder, table)

    # One inverse for all of its elements.
    names = {rows.name, columns.name}
    others = tuple(sorted(item for item in scope.bound.items() if item[0] not in names))
    own = () if names <= scope.bound.keys() else (scope.place.element,)
    key = (scope.place.instance, scope.place.variable, scope.phase, id(call), others, own)
    return scope.lowering.once(key, inverse)[rows.position][columns.position]


def _random(function: Callable[..., int]) -> Rule:
    """A random number: each place in the model, with each element, has its own."""

    def rule(scope: Scope, call: Call) -> int:
        place = scope.lowering.once(scope.key(call), scope.lowering.new_place)
        return function(scope.builder, place, *scope.arguments(call))

    return rule


FUNCTIONS: dict[str, Rule] = {
    "SUM": _reduce("add"),
    "PROD": _reduce("mul"),
    "VMIN": _reduce("min"),
    "VMAX": _reduce("max"),
    "ELMCOUNT": _elmcount,
    "VECTOR SELECT": _vector_select,
    "VECTOR SORT ORDER": _sorted(vectors.vector_sort_order),
    "VECTOR RANK": _sorted(vectors.vector_rank),
    "VECTOR LOOKUP": _vector_lookup,
    "VECTOR REORDER": _vector_reorder,
    "VECTOR ELM MAP": _vector_elm_map,
    "ALLOCATE AVAILABLE": _allocate_available,
    "ALLOCATE BY PRIORITY": _allocate_by_priority,
    "INVERT MATRIX": _invert_matrix,
    "RANDOM 0 1": _random(randoms.random_0_1),
    "RANDOM UNIFORM": _random(randoms.random_uniform),
    "RANDOM NORMAL": _random(randoms.random_normal),
    "RANDOM EXPONENTIAL": _random(randoms.random_exponential),
    "RANDOM TRIANGULAR": _random(randoms.random_triangular),
    "RANDOM WEIBULL": _random(randoms.random_weibull),
}
