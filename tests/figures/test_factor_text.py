from __future__ import annotations

import string

import pytest

from flatgov.figures.factor_text import all_members, clipped, distribution_text, factor_name
from flatgov.figures.layout import measure
from flatgov.figures.style import drawing
from flatgov.figures.text import Text
from flatgov.study import Study
from flatgov.study.bundled import longgang_folder
from flatgov.study.load import open_study
from tools.analysed import GROUP


def test_factors_have_names_in_both_languages(uncertain: Study) -> None:
    english, chinese = Text(uncertain, "en"), Text(uncertain, "zh")
    expected = {
        "work pressure": ("work pressure", "工作压力"),
        "middle layer role (strength)": ("middle layer role (strength)", "中间层作用（强度）"),
        "middle layer role (slope)": ("middle layer role (slope)", "中间层作用（斜率）"),
        "full: work pressure": (
            "Three levers and platform: work pressure",
            "三项组合加平台：工作压力",
        ),
        "official: work pressure 2": (
            "official: work pressure 2",
            "官方口径：工作压力（第2项）",
        ),
        "cadre morale + total hours": ("cadre morale + total hours", "干部士气 + 总工时"),
        GROUP: ("cadre morale + 2 others", "干部士气 + 另2项"),
        "of a user's table": ("of a user's table", "of a user's table"),
    }
    for name, labels in expected.items():
        assert (factor_name(name, english), factor_name(name, chinese)) == labels
    assert all_members(GROUP, chinese) == ["干部士气", "总工时", "社区自治"]
    assert all_members("cadre morale + total hours", chinese) == []


@pytest.mark.parametrize(
    ("own", "chinese"),
    [
        ("triangular 4, 7, 10", "三角 4, 7, 10"),
        ("lognormal 24, 0.35, within 12 to 48", "对数正态 24, 0.35，限于12至48"),
        ("normal 0, 1, at least -2", "正态 0, 1，不小于-2"),
        ("beta 2, 3, at most 0.5", "贝塔 2, 3，不大于0.5"),
        ("discrete 3 (25 %), 4 (75 %)", "离散 3 (25 %), 4 (75 %)"),
        ("scipy.gamma 2.0, within 0 to 9", "scipy.gamma 2.0, within 0 to 9"),
    ],
)
def test_distributions_in_both_languages(uncertain: Study, own: str, chinese: str) -> None:
    assert distribution_text(own, Text(uncertain, "en")) == own
    assert distribution_text(own, Text(uncertain, "zh")) == chinese


def test_long_labels_end_in_dots() -> None:
    with drawing("en"):
        label = "effect of the pressure of work on everything that there is in the town"
        lines = clipped(label, 1.2, 8.0, 2)
        assert len(lines) == 2
        assert lines[1].endswith(" …")
        assert max(measure(line, 8.0) for line in lines) <= 1.2
        assert clipped("short", 1.2, 8.0, 2) == ["short"]


def test_every_factor_and_test_of_longgang_has_a_chinese_label() -> None:
    study = open_study(longgang_folder())
    assert study.uncertainty is not None
    text = Text(study, "zh")
    names = [factor_name(one.name, text) for one in study.uncertainty.factors]
    assert list(text.unlabelled) == []
    assert not [name for name in names if set(name) & set(string.ascii_letters)]
    assert len(set(names)) == len(names)
    for name in study.behaviour.patterns:
        label = study.evidence.tests[name].label.get("zh", "")
        assert label, name
        assert not set(label) & set(string.ascii_letters)
