from __future__ import annotations

import re
import string
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from flatgov.errors import FlatgovError
from flatgov.figures import (
    behaviour,
    draw_behaviour,
    draw_sensitivity,
    draw_timing,
    fonts,
    sensitivity_time,
    timing,
    tornado,
)
from flatgov.figures.style import drawing
from flatgov.figures.text import Text
from flatgov.figures.words import WORDS
from flatgov.figures.words_analyses import ANALYSES
from flatgov.study import Study
from tools.analysed import DESCRIBED, behaviour_of, sensitivity_of, timing_of, written


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


def all_figures(study: Study, lang: str) -> dict[str, Figure]:
    text = Text(study, lang)
    sobol = sensitivity_of(study, "sobol")
    morris, rank = (sensitivity_of(study, method, "") for method in ("morris", "rank"))
    alone = behaviour_of(study).isel(scenario=0, drop=True)
    return {
        "difference": tornado.figure(sobol, text, "administrative cost"),
        "shares over time": sensitivity_time.figure(sobol, text),
        "screening": tornado.figure(morris, text, "administrative cost"),
        "correlations over time": sensitivity_time.figure(rank, text),
        "timing": timing.figure(timing_of(study), text),
        "timing of one start": timing.figure(timing_of(study, starts=1), text),
        "behaviour": behaviour.figure(behaviour_of(study), text),
        "behaviour without scenarios": behaviour.figure(alone, text),
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_texts_stay_on_the_page_and_apart(uncertain: Study, lang: str) -> None:
    with drawing(lang):
        for name, figure in all_figures(uncertain, lang).items():
            assert figure.get_figwidth() * figure.dpi == pytest.approx(1200)
            figure.draw_without_rendering()
            renderer = figure.canvas.get_renderer()
            placed = []
            for item in figure.findobj(mpl.text.Text):
                if not item.get_text().strip() or not item.get_visible():
                    continue
                box = item.get_window_extent(renderer)
                if isinstance(item, Annotation):  # without the arrow's end
                    box = mpl.text.Text.get_window_extent(item, renderer)
                label = f"{name}: {item.get_text()!r}"
                assert figure.bbox.x0 <= box.x0, label
                assert box.x1 <= figure.bbox.x1, label
                assert figure.bbox.y0 <= box.y0, label
                assert box.y1 <= figure.bbox.y1, label
                placed.append((label, box.padded(-1.0)))
            for place, (one, box) in enumerate(placed):
                for other, there in placed[place + 1 :]:
                    assert not box.overlaps(there), f"{one} runs into {other}"
            if lang == "zh":
                # Numbers of tests and versions are no words.
                known = rf"flatgov|P\d+|{DESCRIBED['model_hash'][:10]}"
                said = re.sub(known, "", " ".join(written(figure)))
                assert not set(said) & set(string.ascii_letters), name


def test_years_of_a_model_without_a_calendar_are_model_time(uncertain: Study, text: Text) -> None:
    with drawing("en"):
        figure = timing.figure(timing_of(uncertain, dated=False), text)
    assert figure.axes[0].get_xlabel() == "start of the policy (time (months))"


def test_no_figure_takes_a_word_of_another_one() -> None:
    assert all(WORDS[key] is ANALYSES[key] for key in ANALYSES)
    for key, words in ANALYSES.items():
        gaps = [sorted(set(re.findall(r"{\w+}", words[lang]))) for lang in ("en", "zh")]
        assert gaps[0] == gaps[1], key


@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_the_same_dataset_gives_the_same_bytes(
    uncertain: Study, tmp_path: Path, format: str
) -> None:
    pairs = []
    for name in "ab":
        folder = tmp_path / name
        folder.mkdir()
        notes: list[str] = []
        paths = draw_behaviour(
            behaviour_of(uncertain), uncertain, folder, "en", format, notice=notes.append
        )
        names = ["behaviour"]
        if format == "png":  # Formats differ only in how any figure is written.
            ds = sensitivity_of(uncertain, "sobol").isel(variable=[0])
            paths += draw_sensitivity(ds, uncertain, folder, notice=notes.append)
            paths += draw_timing(timing_of(uncertain), uncertain, folder, notice=notes.append)
            names += ["tornado-cadre_morale", "sensitivity_time", "timing-full"]
        assert notes == []
        assert [path.name for path in paths] == [f"{name}.{format}" for name in names]
        pairs.append([path.read_bytes() for path in paths])
    assert pairs[0] == pairs[1]
