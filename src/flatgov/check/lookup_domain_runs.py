"""Where lookups are read: at model values by every policy, and over the draws of a study."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from flatgov.changes import FloatArray
from flatgov.check.extreme_batch import Batches, saved_steps
from flatgov.check.lookup_domain_calls import Use, find_uses
from flatgov.check.subject import Subject
from flatgov.draws import Draws
from flatgov.model import Change
from flatgov.run.grid import time_points
from flatgov.run.native import lowered

# What the inputs of the members that are simulated at once may take, in bytes.
_PASS_BYTES = 64_000_000
# Times of each member that quantiles are taken from.
_QUANTILE_TIMES = 12
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
# The model without any policy, where it stands among policies.
ALONE = ""
# How far beyond an end counts, as a share of the width of the table.
_SLACK = 1e-6


@dataclass(frozen=True)
class Moment:
    """An input of a lookup, and where it was met.

    Attributes:
        x: The input; NaN where there was none that is a finite number.
        policy: Its id; `ALONE` for the model without any.
        draw: The number of the draw, -1 at the values of the model.
        time: Model time.
    """

    x: float
    policy: str
    draw: int
    time: float


@dataclass
class Visit:
    """What a lookup sees.

    Attributes:
        use: The lookup and whose equations read it.
        lowest: The lowest input at the values of the model, over all policies.
        highest: The highest.
        alone: The lowest and highest input of the model's own run.
        first: The lowest input of all members.
        last: The highest.
        members: How many were simulated.
        below: How many members go below the table at any time.
        above: How many go above it.
        time_below: The share of all their times that is below it.
        time_above: The share above it.
        quantiles: Of the input over members and times, at `QUANTILES`.
    """

    use: Use
    lowest: Moment
    highest: Moment
    alone: tuple[float, float]
    first: Moment
    last: Moment
    members: int = 0
    below: int = 0
    above: int = 0
    time_below: float = 0.0
    time_above: float = 0.0
    quantiles: tuple[float, ...] = ()
    thinned: list[FloatArray] = field(default_factory=list, repr=False)


@dataclass(frozen=True)
class Plans:
    """The policies that are simulated, different ones only.

    Attributes:
        names: The id of each; `ALONE` for the model itself, which comes first.
        changes: Of each, with those of the default scenario.
    """

    names: tuple[str, ...]
    changes: tuple[tuple[Change, ...], ...]


def visits(subject: Subject) -> list[Visit]:
    """Simulate every policy with every draw, and see where lookups are read.

    The first member of each policy has the values of the model. Inputs are looked at at the saved
    times. Those that are no finite numbers are left out of ranges and counts.

    Raises:
        FlatgovError: The model or its study cannot be run.
    """
    model = subject.model
    plans = _plans(subject)
    draws = next(_draws(subject, 1), (0, Draws()))[1]
    program = lowered(model, model.time, draws.normals)
    uses = find_uses(model, program)
    if not uses:
        return []
    numbers = list(dict.fromkeys(number for use in uses for number in use.operations))
    rows = {number: row for row, number in enumerate(numbers)}
    steps, every = saved_steps(model)
    points = steps // every + 1
    size = max(_PASS_BYTES // (8 * len(numbers) * points * len(plans.names)), 8)
    batches = Batches(model, program, numbers)
    found: list[Visit | None] = [None] * len(uses)
    for first, block in _draws(subject, size):
        x = batches(plans.changes, block, steps, every, subject.seed)
        for place, use in enumerate(uses):
            own = x[[rows[number] for number in use.operations]]
            found[place] = _seen(found[place], use, own, plans, first, subject)
    done = [visit for visit in found if visit is not None]
    for visit in done:
        _settle(visit, points)
    return done


def _plans(subject: Subject) -> Plans:
    from flatgov.run.members import choose_members

    found: dict[tuple[Change, ...], str] = {(): ALONE}
    if subject.study is not None:
        for member in choose_members(subject.study, None, None).members:
            found.setdefault(member.changes, member.policy)
    return Plans(tuple(found.values()), tuple(found))


def _draws(subject: Subject, size: int) -> Iterator[tuple[int, Draws]]:
    """Yield blocks of draws, with the number of their first; number 0 has the model's values."""
    from flatgov.study.design import Design, sample
    from flatgov.study.uncertainty import draws_of

    uncertainty = subject.study.uncertainty if subject.study is not None else None
    if uncertainty is None or not uncertainty.factors:
        yield 0, Draws()
        return
    base = np.array([[factor.base for factor in uncertainty.factors]])
    design = Design(uncertainty.method, max(subject.draws, 1), subject.seed)
    for start in range(0, subject.draws + 1, size):
        first = max(start - 1, 0)
        end = min(start + size - 1, subject.draws)
        rows = sample(uncertainty, design, first, end - first)
        yield start, draws_of(uncertainty, rows if start else np.vstack([base, rows]), start)


def _seen(
    visit: Visit | None, use: Use, x: FloatArray, plans: Plans, first: int, subject: Subject
) -> Visit:
    """Take the inputs of a block into account.

    Args:
        visit: What earlier blocks gave.
        use: The lookup.
        x: (operation, point, plan, draw)
        plans: The policies.
        first: The number of the first draw of the block.
        subject: What is checked.
    """
    times = time_points(subject.model.time)

    def moment(array: FloatArray, at: int) -> Moment:
        _, point, plan, draw = np.unravel_index(at, array.shape)
        number = first + int(draw) - 1
        return Moment(
            float(array.flat[at]), plans.names[int(plan)], number, float(times[int(point)])
        )

    def ends(array: FloatArray) -> tuple[Moment, Moment]:
        if not np.isnan(array.min()):
            return moment(array, int(array.argmin())), moment(array, int(array.argmax()))
        if np.isnan(array).all():
            return moment(array, 0), moment(array, 0)
        return moment(array, int(np.nanargmin(array))), moment(array, int(np.nanargmax(array)))

    if not np.isfinite(x.min() + x.max()):  # Which `not finite` tells of.
        x = np.where(np.isfinite(x), x, np.nan)
    lowest, highest = ends(x)
    if visit is None:
        base = ends(x[..., :1])
        own = ends(x[:, :, :1, :1])
        alone = (own[0].x, own[1].x)
        visit = Visit(use, *base, alone, lowest, highest)
    # A comparison with NaN is false: what there was is kept, unless it is NaN itself.
    if lowest.x < visit.first.x or np.isnan(visit.first.x):
        visit.first = lowest
    if highest.x > visit.last.x or np.isnan(visit.last.x):
        visit.last = highest
    visit.members += x.shape[2] * x.shape[3]
    low, high = edges(use)
    for side, leaves in (("below", lowest.x < low), ("above", highest.x > high)):
        if not leaves:
            continue
        outside = (x < low if side == "below" else x > high).any(axis=0)
        members = int(outside.any(axis=0).sum())
        if side == "below":
            visit.below += members
            visit.time_below += float(outside.sum())
        else:
            visit.above += members
            visit.time_above += float(outside.sum())
    stride = max(x.shape[1] // _QUANTILE_TIMES, 1)
    visit.thinned.append(x[:, ::stride].ravel())
    return visit


def edges(use: Use) -> tuple[float, float]:
    """Give the inputs beyond which a lookup is left by more than rounding."""
    low, high = use.points.x[0], use.points.x[-1]
    slack = _SLACK * (high - low)
    return low - slack, high + slack


def _settle(visit: Visit, points: int) -> None:
    """Make counts shares, and take quantiles; of some times, but the ends are those of all."""
    visit.time_below /= visit.members * points
    visit.time_above /= visit.members * points
    values = np.concatenate(visit.thinned)
    values = values[np.isfinite(values)]
    visit.thinned = []
    if values.size:
        inner = np.quantile(values, QUANTILES[1:-1])
        visit.quantiles = (visit.first.x, *map(float, inner), visit.last.x)
