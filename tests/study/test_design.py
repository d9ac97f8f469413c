"""Where draws lie: the same for one seed, in any block, however many more are asked for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import flatgov as fg
from flatgov.study.design import Design, extendable, sample, unit_rows
from flatgov.study.distributions import Discrete, Lognormal, Normal, Triangular
from flatgov.study.uncertainty import Factor, Uncertainty, normal_correlation, unit_to_values

METHODS = ("sobol", "random", "lhs")
QUANTILES = (Triangular(4.0, 7.0, 10.0), Lognormal(3.0, 0.5), Normal(0.0, 1.0, -1.0, 3.0))


def quantities(*ranks: tuple[int, int, float], extra: tuple = ()) -> Uncertainty:
    quantiles = QUANTILES + extra
    matrix = np.eye(len(quantiles))
    for one, other, rank in ranks:
        matrix[one, other] = matrix[other, one] = normal_correlation(rank)
    factors = tuple(
        Factor(f"f{n}", "value", f"f{n}", "", 1.0, one, one.text) for n, one in enumerate(quantiles)
    )
    return Uncertainty(factors, correlation=matrix if ranks else None)


@pytest.mark.parametrize("method", METHODS)
def test_rows_are_inside_and_even(method) -> None:
    rows = unit_rows(Design(method, 4096, 3), 9, 0, 4096)
    assert rows.shape == (4096, 9)
    assert rows.min() > 0.0
    assert rows.max() < 1.0
    np.testing.assert_allclose(rows.mean(axis=0), 0.5, atol=0.02)
    np.testing.assert_allclose(np.corrcoef(rows.T), np.eye(9), atol=0.06)


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(["sobol", "random"]),
    st.integers(0, 2**40),
    st.integers(1, 13),
    st.integers(0, 700),
    st.integers(0, 300),
)
def test_a_prefix_is_the_same_however_many_are_asked_for(
    method, seed: int, dimensions: int, first: int, count: int
) -> None:
    few, many = Design(method, 1000, seed), Design(method, 10_000, seed)
    whole = unit_rows(many, dimensions, 0, 1000)
    block = unit_rows(few, dimensions, first, count)
    assert np.array_equal(block, whole[first : first + count])


@pytest.mark.parametrize("method", METHODS)
def test_values_of_blocks_are_those_of_the_whole(method) -> None:
    design = Design(method, 1000, 11)
    unknown = quantities((0, 1, 0.5), (1, 2, -0.3))
    whole = sample(unknown, design, 0, 1000)
    for size in (1, 7, 256):
        starts = range(0, 1000, size)
        blocks = [sample(unknown, design, n, min(size, 1000 - n)) for n in starts]
        assert np.array_equal(whole, np.concatenate(blocks)), size


@pytest.mark.parametrize("method", METHODS)
def test_the_seed_decides(method) -> None:
    rows = [unit_rows(Design(method, 16, seed), 3, 0, 16) for seed in (1, 1, 2)]
    assert np.array_equal(rows[0], rows[1])
    assert not np.isin(rows[0], rows[2]).any()


def test_random_rows_share_no_number() -> None:
    rows = unit_rows(Design("random", 500, 1), 5, 0, 500)
    assert np.unique(rows).size == rows.size


def test_sobol_fills_the_strata_of_every_dimension() -> None:
    rows = unit_rows(Design("sobol", 256, 5), 40, 0, 256)
    assert (np.sort(np.floor(rows * 256), axis=0) == np.arange(256)[:, None]).all()


def test_latin_hypercube_has_one_draw_in_each_stratum() -> None:
    rows = unit_rows(Design("lhs", 77, 5), 6, 0, 77)
    assert (np.sort(np.floor(rows * 77), axis=0) == np.arange(77)[:, None]).all()
    assert not extendable("lhs")
    assert not np.array_equal(rows, unit_rows(Design("lhs", 154, 5), 6, 0, 77))


def test_what_can_be_extended() -> None:
    assert [extendable(method) for method in ("sobol", "random", "table")] == [True, True, False]


def test_a_table_gives_its_rows() -> None:
    table = np.arange(12.0).reshape(4, 3)
    rows = sample(quantities(), Design("table", 4, 0, table), 1, 2)
    assert rows.tolist() == [[3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]


def test_nothing_to_draw() -> None:
    assert sample(Uncertainty(()), Design("sobol", 4, 0), 0, 4).shape == (4, 0)


@pytest.mark.parametrize(
    ("design", "count", "line"),
    [
        (Design("sobol", 1, -1), 1, "the seed is -1; give a whole number, 0 or more"),
        (Design("table", 1), 1, "there is no design 'table'; use sobol, lhs or random"),
        (
            Design("sobol", 2**30 + 1),
            2**30 + 1,
            "a Sobol sequence has 1073741824 draws, not 1073741825; use the design random",
        ),
    ],
)
def test_what_a_design_cannot_do(design, count: int, line: str) -> None:
    with pytest.raises(fg.StudyError) as caught:
        unit_rows(design, 2, 0, count)
    assert str(caught.value) == line


def test_rank_correlations_are_those_asked_for() -> None:
    design = Design("sobol", 2**14, 2)
    found = sample(quantities((0, 1, 0.5), (1, 2, -0.8)), design, 0, 2**14)
    ranks = stats.spearmanr(found).statistic
    assert ranks[0, 1] == pytest.approx(0.5, abs=2e-3)
    assert ranks[1, 2] == pytest.approx(-0.8, abs=2e-3)
    assert ranks[0, 2] == pytest.approx(0.0, abs=2e-3)


def test_correlation_leaves_each_distribution_as_it_is() -> None:
    design = Design("sobol", 2**12, 2)
    alone = sample(quantities(), design, 0, 2**12)
    together = sample(quantities((0, 2, 0.7)), design, 0, 2**12)
    assert np.array_equal(alone[:, :2], together[:, :2])
    assert stats.kstest(together[:, 2], stats.truncnorm(-1.0, 3.0).cdf).statistic < 0.005


def test_a_discrete_quantity_goes_with_another() -> None:
    two = Discrete((0.0, 1.0), (3.0, 1.0))
    found = sample(quantities((0, 3, 0.9), extra=(two,)), Design("sobol", 4096, 2), 0, 4096)
    assert np.count_nonzero(found[:, 3]) == pytest.approx(1024, abs=5)
    assert found[found[:, 3] == 1.0, 0].mean() > found[found[:, 3] == 0.0, 0].mean() + 1.0


def test_points_of_the_cube_become_quantiles_by_column() -> None:
    unit = np.array([[0.5, 0.5, 0.25], [0.0, 1.0, 0.75]])
    values = unit_to_values(quantities(), unit)
    for column, quantile in enumerate(QUANTILES):
        assert values[:, column].tolist() == quantile(unit[:, column]).tolist()
