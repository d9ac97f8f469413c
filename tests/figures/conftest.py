"""A made-up study with the shape of the Longgang one: smooth curves, nothing simulated."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from flatgov.figures.common import one_scenario
from flatgov.figures.style import drawing
from flatgov.figures.text import Text
from flatgov.model import Equation, Model, Number, TimeSettings, Variable
from flatgov.run.ensemble import NOT_A_NUMBER, OK
from flatgov.study import Calendar, Policy, Study
from flatgov.study.policies import Scenario
from flatgov.study.schema import EvidenceFile, FiguresFile
from tools.analysed import uncertain_study

POLICIES = {
    "town": ("Town era goes on", "镇制延续"),
    "actual": ("As it happened", "实际改革"),
    "districts": ("Districts stay", "保留片区"),
    "digital": ("Digital capability", "数字换人"),
    "community": ("Community autonomy", "社区自治"),
    "autonomy": ("Institutional autonomy", "体制自主权"),
    "platform": ("Platform committee", "平台型基层治理委员会"),
    "task_filter": ("Fewer upper-level tasks", "上级任务减负"),
    "staffing": ("60 % staffing", "编制提高到六成"),
    "relayer": ("Townships come back", "恢复乡镇"),
    "package": ("Three levers", "三项组合"),
    "full": ("Three levers and platform", "三项组合加平台"),
}
# Where each policy ends, close together on purpose: cost, pressure, morale, autonomy.
ENDS = {
    "town": (34.1, 0.89, 0.73, 0.30),
    "actual": (62.0, 1.52, 0.215, 0.18),
    "districts": (61.6, 1.55, 0.212, 0.17),
    "digital": (64.2, 1.41, 0.258, 0.181),
    "community": (63.9, 1.40, 0.298, 0.52),
    "autonomy": (64.0, 1.39, 0.344, 0.182),
    "platform": (55.1, 1.22, 0.469, 0.36),
    "task_filter": (60.9, 1.21, 0.47, 0.19),
    "staffing": (65.6, 1.02, 0.713, 0.22),
    "relayer": (75.3, 1.20, 0.44, 0.12),
    "package": (68.1, 1.01, 0.716, 0.60),
    "full": (56.5, 0.93, 0.791, 0.71),
}
HEADLINE = ("administrative cost", "work pressure", "cadre morale", "community autonomy")
COST_PARTS = {
    "personnel cost": ("人员经费", 0.46),
    "overtime and turnover cost": ("加班与流失成本", 0.08),
    "contract staff cost": ("编外人员经费", 0.11),
    "purchased service cost": ("购买服务支出", 0.1),
    "office running cost": ("机关运行经费", 0.12),
    "middle layer cost": ("中间层运行经费", 0.06),
    "grassroots unit cost": ("基层单元经费", 0.05),
    "complaint handling cost": ("信访处理成本", 0.015),
    "digital spending": ("数字化投入", 0.005),
}
HOURS_PARTS = {
    "hours for upper-level tasks": ("上级任务工时", 0.42),
    "hours for coordination": ("协调工时", 0.23),
    "hours for assessment": ("迎检考核工时", 0.14),
    "hours for residents": ("服务居民工时", 0.21),
}
OTHERS = {  # before, after, unit, zh
    "administrative layers": (3.0, 2.0, "Layer", "行政层级"),
    "department span": (9.0, 71.3, "Unit", "部门管理幅度"),
    "total cadres": (983.0, 1158.0, "Person", "干部总数"),
    "middle layer role": (0.0, 0.34, "Dmnl", "中间层作用"),
}
UNITS = {
    "MYuan/Month": "百万元/月",
    "Dmnl": "无量纲",
    "Person": "人",
    "Person*Hour/Month": "人时/月",
    "Unit": "个",
    "Layer": "层",
}
ZH = {
    "administrative cost": "行政成本",
    "work pressure": "工作压力",
    "cadre morale": "干部士气",
    "community autonomy": "社区自治",
    "total hours": "总工时",
}


def _variable(name: str, units: str, limits: tuple[float | None, float | None]) -> Variable:
    equation = Equation(Number(0.0), "0", 1)
    return Variable(name, "auxiliary", units, limits, "", (equation,))


def _units() -> dict[str, str]:
    units = dict.fromkeys(HEADLINE, "Dmnl") | {"administrative cost": "MYuan/Month"}
    units |= dict.fromkeys(COST_PARTS, "MYuan/Month")
    units |= dict.fromkeys([*HOURS_PARTS, "total hours"], "Person*Hour/Month")
    return units | {name: unit for name, (_, _, unit, _) in OTHERS.items()}


def _label(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh": zh}


def _figures() -> FiguresFile:
    names = ZH | {name: zh for name, (_, _, _, zh) in OTHERS.items()}
    names |= {name: zh for name, (zh, _) in (COST_PARTS | HOURS_PARTS).items()}
    promised = ("down", "down", "same", "down")
    items = [
        {"variable": variable, "promised": direction, "claims": claims}
        for variable, direction, claims in [
            ("administrative layers", "down", [31]),
            *zip(list(OTHERS)[1:], promised[1:], ([37], [30, 36], [32]), strict=True),
            ("administrative cost", "down", [10, 38]),
            ("cadre morale", "up", [1]),
        ]
    ]
    return FiguresFile.model_validate(
        {
            "events": [
                {
                    "date": 44.0,
                    "label": _label("town becomes city, with districts", "撤镇设市，设片区"),
                },
                {
                    "date": 65.0,
                    "label": _label("three-in-one units replace districts", "三位一体取代片区"),
                },
                {"date": 96.0, "label": _label("new policies start", "新政策起步")},
            ],
            "labels": {name: {"zh": zh} for name, zh in names.items()},
            "units": {unit: {"zh": zh} for unit, zh in UNITS.items()},
            "paths": {
                "x": "administrative cost",
                "y": "cadre morale",
                "name": "cost_morale_paths",
                "title": _label("Morale against cost", "士气与成本"),
            },
            "breakdowns": {
                "cost": {
                    "title": _label("Administrative cost by component", "行政成本构成"),
                    "total": "administrative cost",
                    "parts": tuple(COST_PARTS),
                    "policies": ("actual", "full"),
                },
                "workload": {
                    "title": _label("Where the working hours go", "工时去向"),
                    "total": "total hours",
                    "parts": tuple(HOURS_PARTS),
                    "policies": ("actual", "full"),
                },
            },
            "promises": {
                "title": _label("What the reform promised and what happened", "改革的承诺与结果"),
                "before": 43.0,
                "after": 70.0,
                "items": tuple(items),
            },
            "sources": {
                "text": _label(
                    "Liu and Chen (2022) for the case and its claims; almost all constants of "
                    "the model are assumptions.",
                    "案例与论断据刘、陈（2022）；模型的参数几乎都是假设。",
                )
            },
        }
    )


@pytest.fixture(scope="session")
def study() -> Study:
    units = _units()
    variables = {
        name: _variable(name, unit, (0.0, 1.0) if name in HEADLINE[2:] else (None, None))
        for name, unit in units.items()
    }
    model = Model(
        "longgang",
        "longgang.mdl",
        variables,
        {},
        TimeSettings(0, 180, 0.125, 1, "Month"),
        b"{UTF-8}",
    )
    return Study(
        name="longgang",
        folder=Path("longgang"),
        title=_label("Longgang: a city that governs communities directly", "龙港：市直管社区"),
        model=model,
        calendar=Calendar(datetime.date(2016, 1, 1), "Month"),
        policies={id: Policy(id, _label(*label), "", (), ()) for id, label in POLICIES.items()},
        scenarios={
            "fieldwork": Scenario("fieldwork", _label("fieldwork", "田野调查"), "", (), ()),
            "official": Scenario("official", _label("official", "官方口径"), "", (), ()),
        },
        default_scenario="fieldwork",
        reference="actual",
        observed=70.0,
        headline=HEADLINE,
        better=dict(zip(HEADLINE, ("less", "less", "more", "more"), strict=True)),
        evidence=EvidenceFile(),
        figures=_figures(),
        hash="0" * 64,
    )


def _rise(time: np.ndarray, start: float, length: float) -> np.ndarray:
    return 1 / (1 + np.exp(-(time - start - length / 2) / (length / 8)))


def _curve(time: np.ndarray, town: float, reform: float, end: float) -> np.ndarray:
    """From the town era through the reform of 2019 to the end, new policies from 2024."""
    drift = town + (reform - town) * (0.65 * _rise(time, 44, 12) + 0.35 * _rise(time, 66, 18))
    dip = 0.25 * (reform - town) * np.exp(-(((time - 54) / 5) ** 2))
    return drift + dip + (end - reform) * _rise(time, 96, 40)


@pytest.fixture(scope="session")
def ds(study: Study) -> xr.Dataset:
    """All twelve policies, 181 months."""
    time = np.arange(181.0)
    start = (34.1, 0.89, 0.73, 0.30)
    values: dict[str, list[np.ndarray]] = {}
    for ends in ENDS.values():
        town = ends == ENDS["town"]
        member = {
            name: np.full(181, start[i])
            if town
            else _curve(time - 4 * i, start[i], ENDS["actual"][i], ends[i])
            for i, name in enumerate(HEADLINE)
        }
        member["total hours"] = member["work pressure"] * 180_000
        for parts, total in ((COST_PARTS, "administrative cost"), (HOURS_PARTS, "total hours")):
            for place, (name, (_, share)) in enumerate(parts.items()):
                member[name] = member[total] * share
                if place < 2:  # the second part grows out of the first
                    moved = member[total] * 0.04 * (0.0 if town else 1.0) * _rise(time, 44, 60)
                    member[name] = member[name] + moved * (1 if place else -1)
        for name, (before, after, _, _) in OTHERS.items():
            jump = _rise(time, 43, 8) * (time >= 44)
            member[name] = np.full(181, before) if town else before + (after - before) * jump
        for name, value in member.items():
            values.setdefault(name, []).append(value)
    units = _units()
    kinds = {"total cadres": "stock", "cadre morale": "stock", "community autonomy": "stock"}
    assert study.calendar is not None
    return xr.Dataset(
        {
            name: (
                ("policy", "time"),
                np.array(rows),
                {"units": units[name], "kind": kinds.get(name, "auxiliary")},
            )
            for name, rows in values.items()
        },
        coords={
            "policy": list(ENDS),
            "time": ("time", time, {"units": "Month"}),
            "date": ("time", study.calendar.dates(time).astype("datetime64[ns]")),
        },
        attrs={"flatgov_version": "0.1.0", "model_hash": "3f2a9c1d5e6b7a80"},
    )


@pytest.fixture
def english(study: Study) -> Iterator[Text]:
    """The study's labels in English, with the look of the figures set."""
    with drawing("en"):
        yield Text(study, "en")


@pytest.fixture
def drawn(ds: xr.Dataset, study: Study) -> xr.Dataset:
    """The dataset as the figures get it."""
    return one_scenario(ds, study)


@pytest.fixture(scope="session")
def uncertain(study: Study) -> Study:
    """The study with something uncertain, and with behaviour tests."""
    return uncertain_study(study)


@pytest.fixture
def text(uncertain: Study) -> Text:
    """Its labels in English."""
    return Text(uncertain, "en")


@pytest.fixture
def check_texts() -> Callable[[str, Figure], None]:
    """Check that every text of a figure is on the page, large enough, and apart from others."""

    def check(name: str, figure: Figure) -> None:
        assert figure.get_figwidth() * figure.dpi == pytest.approx(1200)
        figure.draw_without_rendering()
        renderer = figure.canvas.get_renderer()
        texts = [
            item
            for item in figure.findobj(mpl.text.Text)
            if item.get_text().strip() and item.get_visible()
        ]
        placed = []
        for item in texts:
            box = item.get_window_extent(renderer)
            if isinstance(item, Annotation):  # without the arrow's end
                box = mpl.text.Text.get_window_extent(item, renderer)
            label = f"{name}: {item.get_text()!r}"
            assert figure.bbox.x0 <= box.x0, label
            assert box.x1 <= figure.bbox.x1, label
            assert figure.bbox.y0 <= box.y0, label
            assert box.y1 <= figure.bbox.y1, label
            assert item.get_fontsize() >= (7 if item.get_text().isdigit() else 8), label
            placed.append((label, box.padded(-1.0)))
        for place, (one, box) in enumerate(placed):
            for other, there in placed[place + 1 :]:
                assert not box.overlaps(there), f"{one} runs into {other}"

    return check


DRAWS = 60


@pytest.fixture(scope="session")
def ensemble(ds: xr.Dataset) -> xr.Dataset:
    """All twelve policies in 60 draws, in which all that they change is stronger or weaker.

    The member of `digital` in draw 3 failed.
    """
    generator = np.random.default_rng(1)
    draw = xr.Variable("draw", np.arange(DRAWS))
    strength, level = (
        xr.DataArray(generator.normal(1.0, spread, DRAWS), {"draw": draw}) for spread in (0.6, 0.1)
    )
    shown = [*HEADLINE, *OTHERS, "total hours"]
    reference = ds[shown].sel(policy="actual", drop=True)
    found = (reference * level + (ds[shown] - reference) * strength).transpose(
        "policy", "draw", "time"
    )
    status = np.zeros((len(POLICIES), DRAWS), dtype=np.uint8)
    status[list(POLICIES).index("digital"), 3] = NOT_A_NUMBER
    for name in shown:
        found[name].attrs = ds[name].attrs
        found[name].loc[{"policy": "digital", "draw": 3}] = np.nan
    reason = np.where(status == OK, "", "'staff' (line 1) is not a number at time 3").astype(object)
    found = found.assign_coords(
        status=(("policy", "draw"), status), reason=(("policy", "draw"), reason)
    )
    found.attrs = {**ds.attrs, "draws": DRAWS, "design": "sobol", "failed_members": 1}
    return found
