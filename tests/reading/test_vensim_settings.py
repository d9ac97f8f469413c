"""The settings behind the sketch."""

import pytest

from flatgov import ModelError, load_model

MODEL = """{UTF-8}
x = INTEG(x, 1) ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 1 ~~|
TIME STEP = 1 ~~|
SAVEPER = 1 ~~|
\\\\\\---/// Sketch information - do not modify anything except names
*View 1
///---\\\\\\
:L<%^E!@
1:Current.vdf
15:0,0,0,METHOD,0,0
19:100,0
"""


@pytest.mark.parametrize(
    ("number", "method", "end"),
    [("0", "euler", 2.0), ("1", "rk4", 65 / 24), ("5", "rk4", 65 / 24)],
)
def test_the_integration_method_is_that_of_the_settings(tmp_path, number, method, end):
    path = tmp_path / "growth.mdl"
    path.write_text(MODEL.replace("METHOD", number))
    model = load_model(path)
    assert model.integrator == method
    assert float(model.run()["x"][-1]) == pytest.approx(end, rel=1e-15)
    assert float(model.run(integrator="euler")["x"][-1]) == 2.0
    assert load_model(path).integrator == method  # from the cache


def test_other_integration_methods_are_refused(tmp_path):
    path = tmp_path / "growth.mdl"
    path.write_text(MODEL.replace("METHOD", "3"))
    with pytest.raises(ModelError, match="the integration method of number 3 in the settings"):
        load_model(path)


def test_a_file_without_settings_uses_euler(tmp_path):
    path = tmp_path / "growth.mdl"
    path.write_text(MODEL.split("\\\\")[0])
    assert load_model(path).integrator == "euler"


def test_units_that_mean_the_same(tmp_path):
    lines = "22:$,Dollar,Dollars,$s\n22:Hour , Hours,,Hour\n22:alone\n22:万元,10000元\n"
    text = MODEL.replace("METHOD", "0").replace("*View 1", "22:no,unit") + lines
    path = tmp_path / "growth.mdl"
    path.write_text(text, encoding="utf-8")
    model = load_model(path)
    assert model.unit_synonyms == (
        ("$", "Dollar", "Dollars", "$s"),
        ("Hour", "Hours"),
        ("万元", "10000元"),
    )
    assert load_model(path).unit_synonyms == model.unit_synonyms  # from the cache
