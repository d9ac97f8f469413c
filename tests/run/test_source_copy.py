import shutil
from pathlib import Path

import pytest

from flatgov.model import Model
from flatgov.reading import load_model
from flatgov.run.store import read_source, write_results
from flatgov.study import open_study

CONTROL = """
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 2 ~ Month ~ |
TIME STEP = 1 ~ Month ~ |
SAVEPER = TIME STEP ~ Month ~ |
"""
MODEL = """{UTF-8}
Stock = INTEG(rate + seen, 0) ~ One ~ |
rate = GET DIRECT CONSTANTS('numbers/rates.csv', ',', 'B2') ~ One/Month ~ |
seen ~ One/Month ~ |
"""


@pytest.fixture
def model(tmp_path: Path) -> Model:
    folder = tmp_path / "model"
    (folder / "numbers").mkdir(parents=True)
    (folder / "numbers" / "rates.csv").write_text("name,value\nrate,3\n")
    (folder / "model.mdl").write_text(MODEL + CONTROL)
    for year in ("a", "b"):  # two files of one name
        (tmp_path / year).mkdir()
    (tmp_path / "a" / "seen.csv").write_text("Time,seen\n0,1\n2,5\n")
    return load_model(folder / "model.mdl", [tmp_path / "a" / "seen.csv"])


def test_results_can_be_read_by_themselves(model: Model, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ds = model.run()
    write_results(ds, model, out)
    for name in ("model", "a"):
        shutil.rmtree(tmp_path / name)
    copy = read_source(out)
    assert isinstance(copy, Model)
    assert copy.hash == model.hash
    assert copy.run().equals(ds)


def test_copies_of_an_earlier_run_go(model: Model, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_results(model.run(), model, out)
    (out / "study" / "numbers" / "mine.txt").write_text("mine")
    path = tmp_path / "model" / "model.mdl"
    path.write_text("Stock = INTEG(1, 0) ~ One ~ |" + CONTROL)
    write_results(load_model(path).run(), load_model(path), out)
    found = {p.relative_to(out).as_posix() for p in (out / "study").rglob("*") if p.is_file()}
    assert found == {"study/model.mdl", "study/numbers/mine.txt"}


def test_a_file_that_a_folder_replaces(model: Model, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "plain").mkdir()
    plain = tmp_path / "plain" / "model.mdl"
    plain.write_text(
        "Stock = INTEG(rate, 0) ~ One ~ |\n"
        "rate = GET DIRECT CONSTANTS('numbers', ',', 'B2') ~ One/Month ~ |" + CONTROL
    )
    shutil.copyfile(tmp_path / "model" / "numbers" / "rates.csv", tmp_path / "plain" / "numbers")
    write_results(load_model(plain).run(), load_model(plain), out)
    write_results(model.run(), model, out)
    assert read_source(out).hash == model.hash


def test_a_study_with_data(model: Model, tmp_path: Path) -> None:
    (tmp_path / "model" / "policies.toml").write_text(
        '[study]\n[policies.now]\nlabel = { en = "As it is", zh = "现状" }\n'
    )
    study = open_study(tmp_path / "model", data=[tmp_path / "a" / "seen.csv"])
    ds = study.run()
    assert ds["seen"].values.tolist() == [[1.0, 3.0, 5.0]]
    out = tmp_path / "out"
    write_results(ds, study, out)
    for name in ("model", "a"):
        shutil.rmtree(tmp_path / name)
    copy = read_source(out)
    assert copy.hash == study.hash
    assert copy.run().equals(ds)
