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
        ("Persons/Month", "people per month"),
        ("万元／月", "万元/月"),
        ("Person/", "person/"),
    ],
)
def test_same(one: str, other: str) -> None:
    assert same_units(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MYuan/Month", "MYuan*Month"),
        ("MYuan/Month", "MYuan/Year"),
        ("Task/(Person*Month)", "Task/Person*Month"),
        ("Person", "Dmnl"),
        ("Person/", "Person"),
    ],
)
def test_different(one: str, other: str) -> None:
    assert not same_units(one, other)


def test_synonyms_of_the_model() -> None:
    assert not same_units("Widget/Month", "Gadgets/Month")
    assert same_units("Widget/Month", "Gadgets/Month", [("Widget", "Gadget")])
