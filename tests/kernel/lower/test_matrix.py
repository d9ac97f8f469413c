from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from flatgov.kernel.builder import Builder
from flatgov.kernel.lower.matrix import invert_matrix

Evaluate = Callable[..., list[np.ndarray]]


def invert(evaluate: Evaluate, matrices: np.ndarray) -> np.ndarray:
    """Invert matrices (member, row, column) through one program."""
    b = Builder()
    size = matrices.shape[-1]
    rows = [[b.op("parameter", extra=(i, j)) for j in range(size)] for i in range(size)]
    wanted = [element for row in invert_matrix(b, rows) for element in row]
    sources = {(i, j): matrices[:, i, j] for i in range(size) for j in range(size)}
    return np.moveaxis(evaluate(b, wanted, parameter=sources), 0, -1).reshape(matrices.shape)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
def test_random_matrices(evaluate: Evaluate, size: int) -> None:
    matrices = np.random.default_rng(size).normal(size=(200, size, size))
    matrices = matrices[np.linalg.cond(matrices) < 1e3]
    assert len(matrices) > 100
    found, expected = invert(evaluate, matrices), np.linalg.inv(matrices)
    scale = np.abs(expected).max(axis=(1, 2), keepdims=True)
    assert np.abs((found - expected) / scale).max() < 1e-12


def test_pivots_of_zero_are_swapped_away(evaluate: Evaluate) -> None:
    matrix = np.array([[[0.0, 2.0, 0.0], [0.0, 0.0, 4.0], [1.0, 0.0, 0.0]]])
    np.testing.assert_array_equal(invert(evaluate, matrix), np.linalg.inv(matrix))


def test_tiny_pivots_are_not_used(evaluate: Evaluate) -> None:
    matrix = np.array([[[1e-20, 1.0], [1.0, 1.0]]])
    np.testing.assert_allclose(invert(evaluate, matrix), np.linalg.inv(matrix), rtol=1e-14)


@pytest.mark.parametrize("matrix", [[[0.0]], [[1.0, 2.0], [2.0, 4.0]], [[0.0, 0.0], [0.0, 1.0]]])
def test_singular_matrices_give_no_finite_inverse(
    evaluate: Evaluate, matrix: list[list[float]]
) -> None:
    assert not np.isfinite(invert(evaluate, np.array([matrix]))).all()


def test_constants_fold_to_the_example_of_the_help_page(b: Builder) -> None:
    rows = [[b.number(1), b.number(2)], [b.number(3), b.number(4)]]
    found = [[b.value(element) for element in row] for row in invert_matrix(b, rows)]
    np.testing.assert_allclose(np.array(found, float), [[-2, 1], [1.5, -0.5]], rtol=1e-15)


def test_nan_stays(evaluate: Evaluate) -> None:
    found = invert(evaluate, np.array([[[1.0, np.nan], [0.0, 1.0]]]))
    assert np.isnan(found).any()
