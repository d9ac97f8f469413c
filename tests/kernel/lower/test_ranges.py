from pathlib import Path

import pytest

from flatgov.errors import ModelError
from flatgov.reading import load_model

MODEL = """{UTF-8}
Big Region: North, South ~~|
Other: One, Two ~~|
x[Big Region] = 1 ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 1 ~~|
TIME STEP = 1 ~~|
SAVEPER = 1 ~~|
"""


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("y = x[Nort]", "'x': the subscript 'Nort' is not defined; did you mean 'North'?"),
        ("y = x[One]", "'x': 'One' is no element of the range 'Big Region'"),
        (
            "y = x[North, South]",
            "'x': 2 subscripts are given where there is 1; write x[Big Region]",
        ),
        (
            "y = x[Other]",
            "'x': the range 'Other' stands on the right only, mapped to none on the left",
        ),
        (
            "y = x",
            "'x' stands without its subscripts [Big Region]; write x[Big Region] and give the "
            "left-hand side the same, or name an element, as in x[North]",
        ),
        ("y[Nort] = 1", "the subscript 'Nort' is not defined; did you mean 'North'?"),
        (
            "y[Other, Other] = 1",
            "one range stands twice on the left-hand side [Other, Other]; "
            "define a second range of the same elements",
        ),
    ],
)
def test_subscripts_are_called_as_in_the_model(tmp_path: Path, equation: str, message: str) -> None:
    path = tmp_path / "model.mdl"
    path.write_text(f"{MODEL}{equation} ~~|\n")
    with pytest.raises(ModelError) as caught:
        load_model(path).run()
    assert str(caught.value) == f"{path}, 'y', line 9: {message}"
