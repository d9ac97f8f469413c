"""The middle of a cloud of points in two dimensions, as an outline."""

from __future__ import annotations

import numpy as np

SHARES = (0.9, 0.5)  # of the points, the larger region first
_DIRECTIONS = 60  # a depth found in so many directions is at most a little too high


def regions(x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """Outline the deepest points of a cloud, for each of `SHARES`.

    A region is the convex hull of the points with the greatest halfspace depth (Tukey 1975, as in
    the bagplot of Rousseeuw, Ruts and Tukey 1999, without its interpolation). It needs no
    bandwidth, and with another scale of an axis it contains nearly the same points.

    Args:
        x: Values across, shape (draw,).
        y: Values upwards, in the same draws.

    Returns:
        The corners of each region in turn, shape (corner, 2); empty if there are no points.
    """
    points = np.column_stack([x, y])
    if not len(points):
        return []
    order = np.argsort(-_depth(points), kind="stable")
    return [_hull(points[order[: int(np.ceil(share * len(points)))]]) for share in SHARES]


def _depth(points: np.ndarray) -> np.ndarray:
    """Count the points beyond a line through each point, least over the directions of the line."""
    spread = points.std(axis=0)
    scaled = (points - points.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    angles = np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    along = np.stack([np.cos(angles), np.sin(angles)]).T @ scaled.T
    rank = np.empty(along.shape, dtype=np.int64)
    np.put_along_axis(
        rank, np.argsort(along, axis=1, kind="stable"), np.arange(len(points))[None, :], axis=1
    )
    return np.asarray(np.minimum(rank, len(points) - 1 - rank).min(axis=0))


def _hull(points: np.ndarray) -> np.ndarray:
    """Give the corners of the convex hull, anticlockwise (Andrew's monotone chain, 1979)."""
    ordered = sorted({(float(x), float(y)) for x, y in points})
    if len(ordered) < 3:
        return np.array(ordered)
    chains = []
    for way in (ordered, ordered[::-1]):
        chain: list[tuple[float, float]] = []
        for x, y in way:
            while len(chain) > 1:
                (ax, ay), (bx, by) = chain[-2:]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                    break
                chain.pop()
            chain.append((x, y))
        chains.append(chain[:-1])
    return np.array([*chains[0], *chains[1]])
