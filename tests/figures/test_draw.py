from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from flatgov.errors import FlatgovError, RunError, StudyError
from flatgov.figures import (
    breakdown,
    draw_figures,
    draw_model_figures,
    end_state,
    fonts,
    headline,
    paths,
    promises,
)
from flatgov.figures.common import caption
from flatgov.figures.palette import policy_styles
from flatgov.figures.style import drawing, write
from flatgov.figures.text import Text
from flatgov.study import Study
from flatgov.study.schema import VariableLabel

NAMES = [
    "headline",
    "cost_morale_paths",
    "promises",
    "breakdown_cost",
    "breakdown_workload",
    "end_state",
]
STARTS = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


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


def all_figures(ds: xr.Dataset, text: Text) -> dict[str, Figure]:
    made = {
        "headline": headline.figure(ds, text),
        "paths": paths.figure(ds, text, text.study.figures.paths),
        "promises": promises.figure(ds, text),
        "end_state": end_state.figure(ds, text),
    }
    return made | {name: breakdown.figure(ds, text, name) for name in ("cost", "workload")}


@pytest.fixture
def small(ds: xr.Dataset) -> xr.Dataset:
    """So little that only two figures can be drawn from it, quickly."""
    return ds[["work pressure"]].sel(policy=["actual", "full"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_figure_is_written_in_every_language_and_format(
    drawn: xr.Dataset, study: Study, tmp_path: Path, lang: str
) -> None:
    with drawing(lang):
        for name, figure in all_figures(drawn, Text(study, lang)).items():
            for format, start in STARTS.items():
                if format == "svg" and lang == "zh":
                    continue  # as in English: both draw letters as paths
                content = write(figure, tmp_path / f"{name}.{format}").read_bytes()
                assert content.startswith(start)
                assert 5_000 < len(content) < (250_000 if format == "png" else 1_000_000)


def test_the_files_have_their_names(ds: xr.Dataset, study: Study, tmp_path: Path) -> None:
    notes: list[str] = []
    written = draw_figures(ds, study, tmp_path / "new" / "folder", notice=notes.append)
    assert written == [tmp_path / "new" / "folder" / f"{name}.png" for name in NAMES]
    assert all(path.is_file() for path in written)
    assert notes == []


@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_a_second_draw_gives_the_same_bytes(
    small: xr.Dataset, study: Study, tmp_path: Path, format: str
) -> None:
    one, two = (draw_figures(small, study, tmp_path / name, "en", format) for name in "ab")
    assert [path.name for path in one] == [f"headline.{format}", f"end_state.{format}"]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_texts_stay_on_the_page_apart_and_readable(
    drawn: xr.Dataset, study: Study, lang: str, check_texts: Callable[[str, Figure], None]
) -> None:
    with drawing(lang):
        for name, figure in all_figures(drawn, Text(study, lang)).items():
            check_texts(name, figure)


def test_every_panel_names_its_quantities_and_units(drawn: xr.Dataset, english: Text) -> None:
    figures = all_figures(drawn, english)
    for name, figure in figures.items():
        if name == "paths":
            assert figure.get_supxlabel() == "administrative cost (MYuan/Month)"
            assert figure.get_supylabel() == "cadre morale (dimensionless, 0–1)"
            continue
        for axes in figure.axes:
            assert axes.get_xlabel(), name
            assert axes.get_ylabel() or axes is figure.axes[-1], name
    assert [axes.get_ylabel() for axes in figures["headline"].axes] == [
        "MYuan/Month",
        "dimensionless",
        "dimensionless, 0–1",
        "dimensionless, 0–1",
    ]
    assert {axes.get_ylabel() for axes in figures["workload"].axes} == {
        "total hours (Person*Hour/Month)"
    }
    heads = [label.get_text() for label in figures["end_state"].axes[0].get_xticklabels()]
    assert heads[0] == "Administrative cost\nMYuan/Month"


def test_a_policy_keeps_its_colour_in_every_figure_and_subset(
    drawn: xr.Dataset, english: Text
) -> None:
    def colours(figure: Figure) -> set[str]:
        return {to_hex(line.get_color()) for line in figure.axes[0].get_lines()}

    one = drawn.sel(policy=["full"])
    looks = policy_styles(list(english.study.policies), "actual")
    assert to_hex(looks["full"].colour) in colours(headline.figure(one, english))
    assert to_hex(looks["full"].colour) in colours(
        paths.figure(one, english, english.study.figures.paths)
    )
    assert to_hex(looks["full"].colour) in colours(headline.figure(drawn, english))
    assert len({(look.colour, look.dashes) for look in looks.values()}) == 12
    assert len({look.colour for look in looks.values()}) == 12


def test_reform_dates_are_marked_where_they_are(drawn: xr.Dataset, english: Text) -> None:
    axes = headline.figure(drawn, english).axes[0]
    places = [line.get_xdata()[0] for line in axes.get_lines() if list(line.get_ydata()) == [0, 1]]
    assert places == pytest.approx([2019 + 8 / 12, 2021 + 5 / 12, 2024], abs=0.01)


def test_parts_that_miss_the_total_are_an_error(
    ds: xr.Dataset, study: Study, tmp_path: Path
) -> None:
    wrong = ds.copy(deep=True)
    wrong["overtime and turnover cost"].loc[{"policy": "full", "time": 120.0}] -= 0.5
    with pytest.raises(StudyError) as caught:
        draw_figures(wrong, study, tmp_path)
    assert str(caught.value) == (
        "figures.toml: breakdowns.cost.parts: the parts miss the total 'administrative cost' "
        "by 0.5 at time 120 under 'full'; list every variable that the total adds up, each once"
    )


def test_parts_may_miss_the_total_by_rounding(ds: xr.Dataset, english: Text) -> None:
    rounded = ds.copy(deep=True)
    rounded["personnel cost"] *= 1 + 1e-9
    assert breakdown.figure(rounded, english, "cost").axes


@pytest.mark.parametrize(
    ("policies", "missing", "left_out"),
    [
        (["actual"], [], {"end_state": "there is nothing to compare with 'actual'"}),
        (
            ["town"],
            [],
            {
                "promises": "the results lack the policy 'actual'",
                "breakdown_cost": "the results lack the policies actual, full",
                "breakdown_workload": "the results lack the policies actual, full",
                "end_state": "the results lack the policy 'actual'",
            },
        ),
        (
            ["actual", "full"],
            ["cadre morale", "hours for residents"],
            {
                "cost_morale_paths": "the results lack 'cadre morale'",
                "breakdown_workload": "the results lack 'hours for residents'",
            },
        ),
    ],
)
def test_a_partial_run_draws_what_it_can(
    ds: xr.Dataset,
    study: Study,
    tmp_path: Path,
    policies: list[str],
    missing: list[str],
    left_out: dict[str, str],
) -> None:
    notes: list[str] = []
    part = ds.sel(policy=policies).drop_vars(missing)
    written = draw_figures(part, study, tmp_path, "en", "svg", notice=notes.append)
    assert [path.stem for path in written] == [name for name in NAMES if name not in left_out]
    assert notes == [f"{name}.svg is left out: {why}" for name, why in left_out.items()]


def test_a_failed_member_leaves_the_others_drawn(
    ds: xr.Dataset, study: Study, tmp_path: Path
) -> None:
    failed = ds.sel(policy=["actual", "digital", "full"]).copy(deep=True)
    for name in failed.data_vars:
        failed[name].loc[{"policy": "digital"}] = np.nan
    assert len(draw_figures(failed, study, tmp_path, "en", "svg")) == len(NAMES)


def test_the_default_scenario_is_drawn_and_named(
    small: xr.Dataset, study: Study, tmp_path: Path
) -> None:
    some = small
    both = xr.concat(
        [some * 2, some], dim=xr.Variable("scenario", ["official", "fieldwork"])
    ).transpose("policy", "scenario", ...)
    both.attrs = small.attrs
    both["work pressure"].attrs = small["work pressure"].attrs
    expected = draw_figures(some, study, tmp_path / "a", "en", "svg")
    with_both = draw_figures(both, study, tmp_path / "b", "en", "svg")
    official = draw_figures(both.sel(scenario=["official"]), study, tmp_path / "c", "en", "svg")
    assert with_both[0].read_bytes() == expected[0].read_bytes()
    assert official[0].read_bytes() != expected[0].read_bytes()


def test_the_caption_names_sources_version_model_and_scenario(
    drawn: xr.Dataset, english: Text
) -> None:
    assert caption(drawn, english) == (
        "Liu and Chen (2022) for the case and its claims; almost all constants of the model are "
        "assumptions. Simulation: flatgov 0.1.0, model 3f2a9c1d5e, scenario “fieldwork”."
    )


def test_a_study_without_a_calendar_is_drawn_in_model_time(
    drawn: xr.Dataset, english: Text
) -> None:
    figure = headline.figure(drawn.drop_vars("date"), english)
    assert {axes.get_xlabel() for axes in figure.axes} == {"time (months)"}


def test_a_short_run_shows_months(drawn: xr.Dataset, english: Text) -> None:
    axes = headline.figure(drawn.isel(time=slice(40, 60)), english).axes[0]
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["2019-07", "2020-01", "2020-07"]


def test_no_chinese_font_is_one_line(
    ds: xr.Dataset, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "CHINESE", ("No Such Font",))
    monkeypatch.setattr(fonts.font_manager, "findSystemFonts", lambda: [])
    monkeypatch.setattr(fonts, "find_spec", lambda _: None)
    with pytest.raises(FlatgovError) as caught:
        draw_figures(ds, study, tmp_path, "zh")
    assert str(caught.value) == (
        "no font with Chinese characters was found; pip install 'flatgov[zh]' or install a CJK "
        "font such as Noto Sans CJK SC"
    )


def test_a_character_without_a_glyph_is_an_error(
    ds: xr.Dataset, study: Study, tmp_path: Path
) -> None:
    titled = dataclasses.replace(study, title={"en": "Longgang \U000130a0", "zh": "龙港"})
    with pytest.raises(FlatgovError, match=r"a label cannot be drawn: Glyph .* change the label$"):
        draw_figures(ds, titled, tmp_path, "en")


@pytest.mark.parametrize(
    ("labels", "place", "label"),
    [("labels", "work pressure", VariableLabel(en="pressure")), ("units", "Task", {"en": "tasks"})],
)
def test_a_label_without_the_language_names_its_place(
    study: Study, labels: str, place: str, label: object
) -> None:
    figures = study.figures.model_copy(update={labels: {place: label}})
    text = Text(dataclasses.replace(study, figures=figures), "zh")
    variable = xr.DataArray(0.0, name="work pressure", attrs={"units": "Task"})
    with pytest.raises(StudyError) as caught:
        text.heading(variable)
    assert str(caught.value) == (
        f'figures.toml: {labels}."{place}": no label for the language \'zh\'; add zh = "…" there'
    )


def test_unknown_language_format_policy_and_folder(
    ds: xr.Dataset, study: Study, tmp_path: Path
) -> None:
    with pytest.raises(FlatgovError, match=r"^figures do not speak 'de'; choose one of en, zh$"):
        draw_figures(ds, study, tmp_path, "de")
    with pytest.raises(FlatgovError, match=r"cannot be written as 'sgv'; did you mean 'svg'"):
        draw_figures(ds, study, tmp_path, "en", "sgv")
    renamed = ds.assign_coords(policy=["ful" if p == "full" else p for p in ds.policy.values])
    with pytest.raises(StudyError, match=r"policy 'ful' that the study.*did you mean 'full'"):
        draw_figures(renamed, study, tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="the folder for figures cannot be made"):
        draw_figures(ds, study, tmp_path / "file")


def test_the_users_matplotlib_settings_are_left_alone_and_left_out(
    small: xr.Dataset, study: Study, tmp_path: Path
) -> None:
    plain = draw_figures(small, study, tmp_path / "a")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        before = dict(mpl.rcParams)
        styled = draw_figures(small, study, tmp_path / "b")
        assert dict(mpl.rcParams) == before
    assert [path.read_bytes() for path in plain] == [path.read_bytes() for path in styled]


def test_a_model_run_shows_its_stocks_with_units(tmp_path: Path) -> None:
    time = np.arange(0, 30, 0.5)
    stocks = {
        f"Stock {i}": ("time", np.exp(-time / (i + 1)), {"units": "Person", "kind": "stock"})
        for i in range(17)
    }
    flow = {"flow": ("time", time, {"units": "Person/Month", "kind": "flow"})}
    ds = xr.Dataset(stocks | flow, coords={"time": ("time", time, {"units": "Month"})})
    names = [path.name for path in draw_model_figures(ds, tmp_path)]
    assert names == ["stocks_1.png", "stocks_2.png"]
    several = xr.concat([ds[["Stock 0"]], 2 * ds[["Stock 0"]]], dim="draw")
    several["Stock 0"].attrs = ds["Stock 0"].attrs
    assert [p.name for p in draw_model_figures(several, tmp_path, "svg")] == ["stocks.svg"]
    notes: list[str] = []
    still = xr.Dataset({"constant": ((), 1.0)}, coords={"time": ("time", time)})
    assert draw_model_figures(still, tmp_path, notice=notes.append) == []
    assert notes == ["stocks.png is left out: the results have no variable that changes over time"]
