"""What figures say of what they leave out, and of what they were drawn from."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from flatgov.errors import FlatgovError, StudyError
from flatgov.figures import draw_figures, draw_model_figures, fonts, headline, promises, stocks
from flatgov.figures.common import caption, origin
from flatgov.figures.style import drawing
from flatgov.figures.text import Text
from flatgov.figures.timeline import timeline
from flatgov.model import Change
from flatgov.run.dataset import make_dataset
from flatgov.study import Study, open_study
from flatgov.study.schema import FiguresFile, VariableLabel
from flatgov.study.toml import read_toml, validate

LONGGANG = Path(__file__).parents[2] / "sd_models" / "longgang"


def has_chinese_font() -> bool:
    try:
        return bool(fonts.font_families("zh"))
    except FlatgovError:
        return False


needs_chinese = pytest.mark.skipif(not has_chinese_font(), reason="there is no CJK font")


@pytest.fixture
def few(ds: xr.Dataset) -> xr.Dataset:
    """Two headline variables of two policies: quick to draw."""
    return ds[["administrative cost", "work pressure"]].sel(policy=["actual", "full"])


@needs_chinese
def test_without_labels_the_models_names_are_shown_with_one_notice(
    few: xr.Dataset, study: Study, tmp_path: Path
) -> None:
    notes: list[str] = []
    bare = dataclasses.replace(study, figures=FiguresFile())
    files = draw_figures(few, bare, tmp_path, "zh", notice=notes.append)
    assert [file.name for file in files] == ["headline_zh.png", "end_state_zh.png"]
    assert notes == [
        "figures.toml has no zh label for 'administrative cost', the unit 'MYuan/Month', "
        "'work pressure'; the figures show what the model calls them"
    ]
    assert len(draw_figures(few, bare, tmp_path, "en", notice=notes.append)) == 2
    assert len(notes) == 1


def test_longgang_has_a_chinese_label_for_all_that_its_figures_show() -> None:
    study = open_study(LONGGANG)
    text, shown = Text(study, "zh"), study.figures
    names = {*study.headline, shown.paths.x, shown.paths.y}
    names |= {item.variable for item in shown.promises.items}
    for chart in shown.breakdowns.values():
        names |= {chart.total, *chart.parts}
    for name in sorted(names):
        units = study.model.variables[name].units
        assert text.heading(xr.DataArray(0.0, name=name, attrs={"units": units}))
    assert list(text.unlabelled) == []


@needs_chinese
def test_longgang_is_drawn_in_chinese_without_a_notice(tmp_path: Path) -> None:
    study = open_study(LONGGANG)
    time = np.arange(0.0, 181.0, 20.0)
    shown = study.figures
    parts = {part: 1.0 for chart in shown.breakdowns.values() for part in chart.parts}
    totals = {chart.total: float(len(chart.parts)) for chart in shown.breakdowns.values()}
    others = {item.variable: 1.0 for item in shown.promises.items}
    values = dict.fromkeys(study.headline, 1.0) | others | parts | totals
    settings = dataclasses.replace(study.model.time, saveper=20.0)
    arrays = {name: np.full((2, len(time)), value) for name, value in values.items()}
    policies = {"policy": ["actual", "full"]}
    ds = make_dataset(study.model, arrays, settings, "native", policies)
    notes: list[str] = []
    files = draw_figures(ds, study, tmp_path, "zh", notice=notes.append)
    assert [file.stem for file in files] == [
        f"{name}_zh"
        for name in (
            "headline",
            "cost_morale_paths",
            "promises",
            "breakdown_cost",
            "breakdown_workload",
            "end_state",
        )
    ]
    assert notes == []


def test_several_scenarios_give_a_notice(few: xr.Dataset, study: Study, tmp_path: Path) -> None:
    names = xr.Variable("scenario", ["official", "fieldwork"])
    both = xr.concat([few, few], dim=names, combine_attrs="override")
    notes: list[str] = []
    small = dataclasses.replace(study, figures=FiguresFile())
    draw_figures(both, small, tmp_path, "en", "svg", notice=notes.append)
    assert notes == [
        "figures show scenario 'fieldwork'; draw others with `flatgov run --scenario …`"
    ]
    draw_figures(both.isel(scenario=[0]), small, tmp_path, "en", "svg", notice=notes.append)
    assert len(notes) == 1


def test_without_its_table_the_path_chart_is_not_missed(
    ds: xr.Dataset, study: Study, tmp_path: Path
) -> None:
    figures = FiguresFile(paths=study.figures.paths)
    notes: list[str] = []
    small = ds[["administrative cost", "cadre morale"]].sel(policy=["full"])
    for shown, expected in ((FiguresFile(), ["headline"]), (figures, ["headline", "my_paths"])):
        if shown.paths is not None:
            renamed = shown.paths.model_copy(update={"name": "my_paths"})
            shown = shown.model_copy(update={"paths": renamed})
        changed = dataclasses.replace(study, figures=shown)
        files = draw_figures(small, changed, tmp_path, "en", "svg", notice=notes.append)
        assert [file.stem for file in files] == expected
    assert notes == ["end_state.svg is left out: the results lack the policy 'actual'"] * 2


@pytest.mark.parametrize("name", ["headline", "breakdown_cost", "../out", ""])
def test_the_path_chart_cannot_take_any_file_name(tmp_path: Path, name: str) -> None:
    file = tmp_path / "figures.toml"
    file.write_text(
        f'[paths]\nx = "a"\ny = "b"\nname = "{name}"\ntitle = {{ en = "t", zh = "t" }}\n'
    )
    with pytest.raises(StudyError, match=r"figures\.toml:4: paths\.name: .* cannot name this"):
        validate(read_toml(file), FiguresFile)


def test_the_path_chart_shows_variables_of_the_model(tmp_path: Path) -> None:
    for file in LONGGANG.iterdir():
        if file.suffix in (".mdl", ".toml"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    figures = tmp_path / "figures.toml"
    figures.write_text(
        figures.read_text("utf-8").replace('y = "cadre morale"', 'y = "cadre moral"'), "utf-8"
    )
    with pytest.raises(StudyError, match=r"paths\.y: 'cadre moral' is not .*'cadre morale'"):
        open_study(tmp_path)


def test_changed_parameters_are_in_the_caption(drawn: xr.Dataset, study: Study) -> None:
    changed = drawn.assign_attrs(params=json.dumps({"staff": 3.0, "first share": [0.25, 1e6]}))
    assert caption(changed, Text(study, "en")).endswith(
        "scenario “fieldwork”, with staff = 3, first share = [0.25, 1000000]."
    )
    assert caption(changed, Text(study, "zh")).endswith(
        "情景“田野调查”，其中 staff = 3，first share = [0.25, 1000000]。"
    )
    unchanged = drawn.assign_attrs(params="{}")
    assert caption(unchanged, Text(study, "en")) == caption(drawn, Text(study, "en"))
    run = xr.Dataset(attrs={"model_hash": "a" * 64, "flatgov_version": "1", "params": '{"k": 0.1}'})
    assert origin(run, "en", model="") == "Simulation: flatgov 1, model aaaaaaaaaa, with k = 0.1."


def test_a_model_is_called_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    titles: list[str] = []
    plain = stocks.page

    def page(title: str, *rest: object) -> object:
        titles.append(title)
        return plain(title, *rest)

    monkeypatch.setattr(stocks, "page", page)
    stock = ("time", np.arange(3.0), {"kind": "stock", "units": "Cup"})
    ds = xr.Dataset({"tea": stock}, {"time": ("time", np.arange(3.0), {"units": "Minute"})})
    draw_model_figures(ds, tmp_path, "svg", name="teacup")
    draw_model_figures(ds, tmp_path, "svg")
    assert titles == ["Stocks of teacup over time", "Stocks of the model over time"]


def model_with_stocks(*names: str) -> xr.Dataset:
    flow = ("time", [0.0, 1.0], {"kind": "stock", "units": "One"})
    return xr.Dataset(dict.fromkeys(names, flow), {"time": [0.0, 1.0]})


@needs_chinese
def test_a_bare_model_with_chinese_names_is_drawn(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    notes: list[str] = []
    draw_model_figures(model_with_stocks("人口", "staff"), tmp_path, "svg", notice=notes.append)
    assert (tmp_path / "stocks.svg").exists()
    assert notes == []
    assert caplog.messages == []


def test_a_page_with_a_sign_that_no_font_has_is_left_out(tmp_path: Path) -> None:
    notes: list[str] = []
    ds = model_with_stocks("stock \U000130a0", *(f"stock {number}" for number in range(15)))
    written = draw_model_figures(ds, tmp_path, "svg", notice=notes.append)
    assert [path.name for path in written] == ["stocks_2.svg"]
    assert len(notes) == 1
    assert notes[0].startswith("stocks_1.svg is left out: a label cannot be drawn: Glyph 77984")


@pytest.mark.parametrize(
    ("units", "label"),
    [("Minute", "minutes"), ("HOURS", "hours"), ("second", "seconds"), ("Weeks", "weeks")],
)
def test_units_of_time_are_words(units: str, label: str) -> None:
    ds = xr.Dataset(coords={"time": ("time", [0.0, 1.0], {"units": units})})
    assert timeline(ds, "en").label == f"time ({label})"


def test_events_of_policies_that_are_not_drawn_are_left_out(
    drawn: xr.Dataset, study: Study
) -> None:
    def acting(policy: str, *starts: float) -> object:
        changes = tuple(Change("work pressure", "set", 1.0, start) for start in starts)
        return dataclasses.replace(study.policies[policy], changes=changes)

    changing = {"actual": acting("actual", 43.6), "full": acting("full", 44.4, 96.0)}
    text = Text(dataclasses.replace(study, policies={**study.policies, **changing}), "en")

    def badges(*policies: str) -> set[str]:
        with drawing("en"):
            axes = headline.figure(drawn.sel(policy=list(policies)), text).axes[0]
        return {item.get_text() for item in axes.texts if item.get_gid() == "reform date"}

    # Event 2 is no policy's; it is shown whatever is drawn.
    assert badges("actual") == {"1", "2"}
    assert badges("town") == {"2"}
    assert badges("actual", "full") == {"1", "2", "3"}


def test_a_label_may_say_the_unit_better(drawn: xr.Dataset, study: Study) -> None:
    label = VariableLabel(zh="工作压力", unit={"en": "required ÷ available", "zh": "所需÷可用"})
    figures = study.figures.model_copy(
        update={"labels": {**study.figures.labels, "work pressure": label}}
    )
    changed = dataclasses.replace(study, figures=figures)
    variable = drawn["work pressure"]
    assert Text(changed, "en").heading(variable) == "work pressure (required ÷ available)"
    assert Text(changed, "zh").heading(variable) == "工作压力（所需÷可用）"


def test_only_an_unusual_tolerance_is_in_its_row(drawn: xr.Dataset, study: Study) -> None:
    chart = study.figures.promises
    other = chart.items[1].model_copy(update={"tolerance": 0.25})
    items = (chart.items[0], other, *chart.items[2:])
    mixed = study.figures.model_copy(update={"promises": chart.model_copy(update={"items": items})})

    def said(figures: FiguresFile) -> list[str]:
        with drawing("en"):
            text = Text(dataclasses.replace(study, figures=figures), "en")
            texts = " ".join(item.get_text() for item in promises.figure(drawn, text).texts)
        return [f"±{part.split('.')[0]}" for part in texts.split("±")[1:]]

    assert said(study.figures) == ["±5 % counts as same"]
    usual, unusual = said(mixed)
    assert usual == "±5 % counts as same unless a row says otherwise"
    assert unusual.startswith("±25 % counts as same")


def test_lines_get_most_of_a_column(drawn: xr.Dataset, english: Text) -> None:
    figure = headline.figure(drawn, english)
    left, right = (axes.get_position() for axes in figure.axes[:2])
    assert left.width == pytest.approx(right.width)
    assert left.width >= 0.59 * (right.x0 - left.x0)
