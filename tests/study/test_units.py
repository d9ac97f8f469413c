import pytest

from flatgov.study.units import same_units


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MYuan/Month", "myuan / month"),
        ("Person*Hour/Task", "Hour*Person/Task"),
        ("Task/(Person*Month)", "Task/Month/Person"),
        ("Task/(Person*Month)", "1/Month*Task/Person"),
        ("Dmnl", ""),
        ("Dmnl", "Task/Task"),
        ("work_unit", "Work  Unit"),
    ],
)
def test_same(one, other):
    assert same_units(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MYuan/Month", "MYuan*Month"),
        ("MYuan/Month", "MYuan/Year"),
        ("Task/(Person*Month)", "Task/Person*Month"),
        ("Person", "Dmnl"),
    ],
)
def test_different(one, other):
    assert not same_units(one, other)
