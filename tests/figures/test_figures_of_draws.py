"""Figures that show how sure they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from flatgov.errors import FlatgovError, RunError
from flatgov.figures import (
    beating,
    breakdown,
    cloud,
    draw_figures,
    effects,
    end_state,
    fonts,
    headline,
    paths,
    promises,
    ranks,
)
from flatgov.figures.bands import Draws, reduced
from flatgov.figures.common import NotDrawn, policies_of, with_elements
from flatgov.figures.palette import policy_styles
from flatgov.figures.style import drawing
from flatgov.figures.text import Text
from flatgov.study import Study
from flatgov.study.schema import FiguresFile, Paths

NEW = [
    "effects_administrative_cost",
    "effects_work_pressure",
    "effects_cadre_morale",
    "effects_community_autonomy",
    "beating",
    "ranks",
    "cloud",
]


def has_chinese_font() -> bool:
    try:
        return bool(fonts.font_families("zh"))
    except FlatgovError:
        return False


LANGUAGES = [
    "en",
    pytest.param(
        "zh", marks=pytest.mark.skipif(not has_chinese_font(), reason="there is no CJK font")
    ),
]


@pytest.fixture(scope="session")
def draws(ensemble: xr.Dataset, study: Study) -> Draws:
    return reduced(ensemble, study, policies_of(ensemble), [43.0, 70.0])


@pytest.fixture
def few(ds: xr.Dataset) -> xr.Dataset:
    return ds[["administrative cost", "cadre morale"]].sel(policy=["actual", "digital", "full"])


@pytest.fixture
def few_draws(ensemble: xr.Dataset) -> xr.Dataset:
    policies = ["actual", "digital", "full"]
    return ensemble[["administrative cost", "cadre morale"]].sel(policy=policies)


@pytest.fixture
def plain(study: Study) -> Study:
    """Without paths, breakdowns, promises."""
    return dataclasses.replace(study, figures=FiguresFile())


def all_figures(ds: xr.Dataset, text: Text, draws: Draws) -> dict[str, Figure]:
    made = {
        "headline": headline.figure(ds, text, draws),
        "paths": paths.figure(ds, text, text.study.figures.paths, draws),
        "promises": promises.figure(ds, text, draws),
        "end_state": end_state.figure(ds, text, draws),
        "beating": beating.figure(ds, text, draws),
        "ranks": ranks.figure(ds, text, draws),
        "cloud": cloud.figure(ds, text, draws),
    }
    made |= {
        name: breakdown.figure(ds, text, name, draws) for name in text.study.figures.breakdowns
    }
    return made | {name: effects.figure(ds, text, draws, name) for name in text.study.headline}


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.texts)


def panels(figure: Figure) -> dict[str, Axes]:
    return {axes.get_title(loc="left").replace("\n", " "): axes for axes in figure.axes}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_texts_stay_on_the_page_apart_and_readable(
    drawn: xr.Dataset,
    study: Study,
    draws: Draws,
    lang: str,
    check_texts: Callable[[str, Figure], None],
) -> None:
    with drawing(lang):
        for name, figure in all_figures(drawn, Text(study, lang), draws).items():
            check_texts(name, figure)


def test_every_caption_says_how_many_draws_there_are_and_what_is_left_out(
    drawn: xr.Dataset, english: Text, draws: Draws
) -> None:
    for name, figure in all_figures(drawn, english, draws).items():
        caption = " ".join(texts(figure).split())
        assert "60 draws" in caption, name
        assert "1 of 720 runs with draws failed and are left out." in caption, name


def test_the_files_have_their_names(
    few: xr.Dataset, few_draws: xr.Dataset, study: Study, plain: Study, tmp_path: Path
) -> None:
    notes: list[str] = []
    files = draw_figures(few, plain, tmp_path, notice=notes.append, draws=few_draws)
    assert [path.name for path in files] == [
        "headline.png",
        "end_state.png",
        "effects_administrative_cost.png",
        "effects_cadre_morale.png",
        "beating.png",
        "ranks.png",
    ]
    assert all(path.is_file() for path in files)
    # The first two headline variables are not both there.
    assert notes == ["cloud.png is left out: the results lack 'work pressure'"]


def test_all_of_a_study_is_drawn_without_a_notice(
    ds: xr.Dataset, ensemble: xr.Dataset, study: Study, tmp_path: Path
) -> None:
    notes: list[str] = []
    some = ["actual", "full"]
    files = draw_figures(
        ds.sel(policy=some),
        study,
        tmp_path,
        "en",
        "svg",
        notice=notes.append,
        draws=ensemble.sel(policy=some),
    )
    assert notes == []
    assert [path.stem for path in files][6:] == NEW


def test_lazy_draws_and_a_second_time_give_the_same_bytes(
    few: xr.Dataset, few_draws: xr.Dataset, plain: Study, tmp_path: Path
) -> None:
    one, two = (
        draw_figures(few, plain, tmp_path / name, "en", "svg", draws=draws)
        for name, draws in (("a", few_draws), ("b", few_draws.chunk(draw=7)))
    )
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_what_failed_has_no_part_in_anything(
    few: xr.Dataset, few_draws: xr.Dataset, plain: Study, tmp_path: Path
) -> None:
    other = few_draws.copy(deep=True)
    other["cadre morale"].loc[{"policy": "digital", "draw": 3}] = 1e9
    one, two = (
        draw_figures(few, plain, tmp_path / name, "en", "svg", draws=draws)
        for name, draws in (("a", few_draws), ("b", other))
    )
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    wrong = few_draws.copy(deep=True)
    wrong["cadre morale"].loc[{"policy": "full", "draw": 2}] = np.nan
    with pytest.raises(RunError, match="'cadre morale' under policy 'full' is no finite number"):
        draw_figures(few, plain, tmp_path, draws=wrong)


def test_the_effect_is_that_within_each_draw(
    drawn: xr.Dataset, english: Text, ensemble: xr.Dataset, draws: Draws
) -> None:
    figure = effects.figure(drawn, english, draws, "cadre morale")
    axes = panels(figure)["Digital capability"]
    values = ensemble["cadre morale"].dropna("draw")
    effect = (values.sel(policy="digital") - values.sel(policy="actual")).isel(time=-1)
    look = policy_styles(list(english.study.policies), "actual")["digital"]
    median = next(line for line in axes.get_lines() if line.get_color() == look.colour)
    assert median.get_ydata()[-1] == pytest.approx(float(effect.median()), rel=1e-12)
    assert len(figure.axes) == 11
    reached = [float(patch.get_xy()[:, 1].max()) for patch in axes.patches]
    last = [float(effect.quantile(share)) for share in (0.95, 0.75)]
    assert reached == [pytest.approx(level) for level in last]  # it only grows
    assert texts(figure).count("difference in cadre morale (dimensionless)") == 1


def test_shares_are_of_draws_and_there_is_no_line_before_a_difference(
    few: xr.Dataset, few_draws: xr.Dataset, english: Text
) -> None:
    made = few_draws.copy(deep=True)
    actual = made["cadre morale"].sel(policy="actual")
    made["cadre morale"].loc[{"policy": "full"}] = actual
    made["cadre morale"].loc[
        {"policy": "full", "time": slice(100, None), "draw": slice(0, 44)}
    ] += 0.01
    chosen = reduced(made, english.study, ["actual", "full"])
    figure = beating.figure(few, english, chosen)
    axes = panels(figure)["Cadre morale"]
    look = policy_styles(list(english.study.policies), "actual")["full"]
    line = next(line for line in axes.get_lines() if line.get_color() == look.colour)
    before = line.get_xdata() < 2016 + 100 / 12 - 0.01
    assert np.isnan(line.get_ydata()[before]).all()
    np.testing.assert_allclose(line.get_ydata()[~before], 75.0)
    assert axes.get_ylabel() == "draws in which it is more (%)"
    assert panels(figure)["Administrative cost"].get_ylabel() == "draws in which it is less (%)"


def test_ranks_are_sorted_by_the_median_with_the_shares_of_swaps(
    drawn: xr.Dataset, english: Text, draws: Draws
) -> None:
    figure = ranks.figure(drawn, english, draws)
    axes = panels(figure)["Administrative cost"]
    assert draws.found is not None
    row = draws.found.sel(variable="administrative cost")
    medians = row["level"].sel(quantile=0.5).isel(time=-1)
    order = [str(policy) for policy in row["policy"].values[np.argsort(medians.values)]]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == [english.policy(policy) for policy in order]
    mesh = next(item for item in axes.collections if isinstance(item, QuadMesh))
    shares = np.asarray(mesh.get_array()).reshape(12, 12)
    np.testing.assert_allclose(
        shares[0], 100 * row["rank_share"].sel(policy=order[0]).values, rtol=1e-12
    )
    swaps = [item.get_text() for item in axes.texts if item.get_gid() == "reversed"]
    wanted = [float(row["reversals"].sel(policy=a, other=b)) for a, b in pairwise(order)]
    assert swaps == [f"{100 * share:.0f} %" for share in wanted]


def test_the_cloud_has_the_front_of_the_medians_and_its_shares(
    few: xr.Dataset, few_draws: xr.Dataset, english: Text
) -> None:
    made = few_draws.copy(deep=True)
    last = {"time": 180.0}
    # `full` dominates `digital` in every draw, and `actual` neither is dominated nor dominates.
    cost, morale = made["administrative cost"], made["cadre morale"]
    noise = np.linspace(0.0, 0.5, made.sizes["draw"])
    for policy, (x, y) in {"actual": (50, 0.2), "digital": (60, 0.3), "full": (55, 0.4)}.items():
        cost.loc[{"policy": policy, **last}] = x + noise
        morale.loc[{"policy": policy, **last}] = y + noise[::-1] / 50
    made["status"].loc[{"policy": "digital", "draw": 3}] = 0
    chosen = reduced(made.fillna(1.0), english.study, policies_of(made))
    figure = cloud.figure(few, english, chosen)
    shown = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert shown == ["on the front: 100 %", "on the front: 0 %", "on the front: 100 %"]
    steps = [line for line in figure.axes[1].get_lines() if line.get_drawstyle() == "steps-post"]
    assert [list(line.get_xdata()) for line in steps] == [pytest.approx([50.25, 55.25])]


def test_without_a_direction_there_is_no_winner(
    few: xr.Dataset, few_draws: xr.Dataset, study: Study, tmp_path: Path
) -> None:
    shown = FiguresFile(paths=study.figures.paths)
    open_ended = dataclasses.replace(study, better={}, figures=shown)
    notes: list[str] = []
    files = draw_figures(
        few, open_ended, tmp_path, "en", "svg", notice=notes.append, draws=few_draws
    )
    assert [path.stem for path in files][-3:] == [*NEW[0:3:2], "cloud"]
    why = "policies.toml does not say which way a headline variable is better"
    assert notes == [f"beating.svg is left out: {why}", f"ranks.svg is left out: {why}"]


def test_a_figure_says_nothing_of_what_the_draws_do_not_have(
    ds: xr.Dataset, ensemble: xr.Dataset, study: Study, tmp_path: Path
) -> None:
    some = ds.sel(policy=["actual", "full"])
    one = ensemble[["work pressure"]].sel(policy=["actual", "full"])
    base = draw_figures(some, study, tmp_path / "a", "en", "svg")
    sure = draw_figures(some, study, tmp_path / "b", "en", "svg", draws=one)
    same = {
        path.stem for path in base if path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    }
    assert same == {"cost_morale_paths", "promises", "breakdown_cost", "breakdown_workload"}
    assert {path.stem for path in sure} - {path.stem for path in base} == {
        "effects_work_pressure",
        "beating",
        "ranks",
    }


def test_one_policy_and_no_reference(
    ds: xr.Dataset, ensemble: xr.Dataset, plain: Study, tmp_path: Path
) -> None:
    notes: list[str] = []
    one = draw_figures(
        ds.sel(policy=["full"]),
        plain,
        tmp_path / "a",
        "en",
        "svg",
        notice=notes.append,
        draws=ensemble.sel(policy=["full"]),
    )
    assert [path.stem for path in one] == ["headline"]
    assert notes == ["end_state.svg is left out: the results lack the policy 'actual'"]
    two = draw_figures(
        ds.sel(policy=["full", "town"]),
        plain,
        tmp_path / "b",
        "en",
        "svg",
        draws=ensemble.sel(policy=["full", "town"]),
    )
    assert [path.stem for path in two] == ["headline", "cloud"]


def test_promises_are_kept_in_a_share_of_the_draws(
    drawn: xr.Dataset, english: Text, ensemble: xr.Dataset, draws: Draws
) -> None:
    values = ensemble["total cadres"].sel(policy="actual")
    before, after = values.sel(time=43.0), values.sel(time=70.0)
    share = float((abs(after - before) > 0.05 * before).mean())
    figure = promises.figure(drawn, english, draws)
    shares = [text.get_text() for text in figure.texts if text.get_text().startswith("in ")]
    assert len(shares) == 7  # the head of the column is "in the model"
    assert f"in {100 * (1 - share):.0f} %" in shares
    whiskers = [item for item in figure.axes[0].collections if isinstance(item, LineCollection)]
    levels = np.quantile(after / before, [0.05, 0.95])
    assert any(np.allclose(item.get_segments()[0][:, 0], levels, rtol=1e-12) for item in whiskers)


def test_elements_of_a_headline_variable_are_drawn_each(
    ds: xr.Dataset, ensemble: xr.Dataset, plain: Study, tmp_path: Path
) -> None:
    parts = xr.DataArray([1.0, 2.0], {"Part": ["north", "south"]}, name="work pressure")

    def split(whole: xr.Dataset) -> xr.Dataset:
        some = whole[["work pressure", "cadre morale"]].sel(policy=["actual", "full"])
        attributes = whole["work pressure"].attrs
        return some.assign(
            {"work pressure": (some["work pressure"] * parts).assign_attrs(attributes)}
        )

    notes: list[str] = []
    files = draw_figures(
        split(ds), plain, tmp_path, "en", "svg", notice=notes.append, draws=split(ensemble)
    )
    assert [path.stem for path in files] == [
        "headline",
        "end_state",
        "effects_work_pressure_north",
        "effects_work_pressure_south",
        "effects_cadre_morale",
        "beating",
        "ranks",
        "cloud",
    ]
    assert notes == []
    shown, named = with_elements(split(ds), plain)
    assert named.headline == ("work pressure[north]", "work pressure[south]", "cadre morale")
    assert named.better["work pressure[south]"] == "less"
    values = shown["work pressure[south]"].sel(policy="full").values
    np.testing.assert_array_equal(values, 2 * ds["work pressure"].sel(policy="full").values)
    chosen = Paths(x="work pressure", y="cadre morale", title={"en": "t", "zh": "t"})
    with pytest.raises(NotDrawn, match="'work pressure' has subscripts"), drawing("en"):
        paths.figure(shown, Text(named, "en"), chosen)


def test_a_policy_keeps_its_colour(drawn: xr.Dataset, english: Text, draws: Draws) -> None:
    look = policy_styles(list(english.study.policies), "actual")["staffing"]
    for figure in (
        effects.figure(drawn, english, draws, "cadre morale"),
        cloud.figure(drawn, english, draws),
    ):
        panel = panels(figure)["60 % staffing"]
        fills = [to_hex(item.get_facecolor()[:3]) for item in panel.patches]
        assert set(fills) == {look.colour.lower()}
