"""A model file is data: nothing in it runs, nothing is written."""

import builtins
import math

import pytest
from pysd.translators.vensim import vensim_element

from flatgov.errors import ModelError
from flatgov.reading import load_model
from flatgov.reading.safe import UnreadableText, read_literal
from flatgov.reading.translators import safe_translators
from flatgov.run.oracle import simulate


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-3", -3.0),
        ("- 3", -3.0),
        (".5e-3", 0.0005),
        ("7", 7.0),
        ("'a''b'", "a''b"),
        ('"x"', "x"),
        ("(0,0),(1, -2.5) ,", ((0.0, 0.0), (1.0, -2.5))),
        ("( 0,0)", ((0.0, 0.0),)),
        ("[(0,0),(10,10)]", ((0.0, 0.0), (10.0, 10.0))),
    ],
)
def test_literals(text, value):
    result = read_literal(text)
    assert result == value
    assert type(result) is type(value)


def test_limits_that_are_no_points_are_left_out():
    assert all(math.isnan(x) for pair in read_literal("[__import__('os')]") for x in pair)


@pytest.mark.parametrize("text", ["a", "1+1", "(1,2),(a,3)", "9**9", "", "1e400", "nan", "x"])
def test_all_else_is_refused(text):
    with pytest.raises(UnreadableText):
        read_literal(text)


def test_the_translators_get_their_own_eval_back():
    before = vensim_element.EquationVisitor.visit_neg_expr
    with safe_translators():
        assert vensim_element.eval is read_literal
    assert not hasattr(vensim_element, "eval")
    assert vensim_element.EquationVisitor.visit_neg_expr is before
    assert eval is builtins.eval


def hostile(mark):
    code = f"__import__('pathlib').Path('{mark}').touch()"
    return code, [
        f"f([(0,0)-({code},1)],(0,0),(1,1)) ~~| y = f(Time) ~~|",
        f"y = WITH LOOKUP(Time, ([{code}],(0,0),(1,1))) ~~|",
        f'"a\'); {code} #" = 1 ~~| y = "a\'); {code} #" ~~|',
        f'y = 1 ~ {code} ~ """{chr(10)}{code}{chr(10)}""" |',
        f'y = 1 ~ \'+{code}+\' ~ \\""" + {code} + \\""" |',
    ]


@pytest.mark.parametrize("case", range(5))
def test_code_in_a_model_does_not_run_and_nothing_is_written(tmp_path, case):
    mark = tmp_path / "mark"
    folder = tmp_path / "models"
    folder.mkdir()
    path = folder / "own.mdl"
    controls = "INITIAL TIME=0~~| FINAL TIME=1~~| TIME STEP=1~~| SAVEPER=1~~|"
    path.write_text(hostile(mark)[1][case] + controls)
    (folder / "own.py").write_text("mine")
    result = simulate(load_model(path))
    assert result["y"].shape == (2,)
    assert not mark.exists()
    assert sorted(item.name for item in folder.iterdir()) == ["own.mdl", "own.py"]
    assert (folder / "own.py").read_text() == "mine"


@pytest.mark.parametrize(
    "text",
    [
        "y = {code}(1) ~~|",
        "\"r'] + {code} + ['\": a1, a2 ~~| y[\"r'] + {code} + ['\"] = 1 ~~|",
        ":MACRO: M(x) M = {code} ~~| :END OF MACRO: y = M(1) ~~|",
        "y = GET XLS DATA('{code}', 'a', 'b', 'c') ~~|",
        "y = logic('{code}', 1) ~~|",
        "y = reference('{code}') ~~|",
        "y = call('{code}', 1) ~~|",
        "y = lookup('{code}', '{code}', 1, 1, '{code}') ~~|",
    ],
)
def test_code_where_a_run_could_meet_it_is_refused(tmp_path, text):
    mark = tmp_path / "mark"
    path = tmp_path / "own.mdl"
    controls = "INITIAL TIME=0~~| FINAL TIME=1~~| TIME STEP=1~~| SAVEPER=1~~|"
    code = f"__import__(chr(112)+'athlib').Path('{mark}').touch()".replace("'", '\\"')
    path.write_text(text.replace("{code}", code) + controls)
    with pytest.raises(ModelError) as caught:
        simulate(load_model(path))
    assert "\n" not in str(caught.value)
    assert not mark.exists()
    assert [item.name for item in tmp_path.iterdir()] == ["own.mdl"]
