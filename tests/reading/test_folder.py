from __future__ import annotations

from pathlib import Path

import pytest

import flatgov as fg

CONTROL = "".join(
    f"{name} = 1 ~ ~ |\n" for name in ("INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER")
)


def test_a_missing_file_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    lines = [f"x{n} = GET DIRECT CONSTANTS('a.csv', ',', 'A{n + 1}') ~ ~ |" for n in range(5)]
    lines.append("y = GET DIRECT CONSTANTS('b.csv', ',', 'A1') ~ ~ |")
    path.write_text("{UTF-8}\n" + "\n".join(lines) + CONTROL, encoding="utf-8")
    with pytest.raises(fg.FlatgovError) as caught:
        fg.load_model(path)
    first, second = caught.value.all
    assert str(first) == (
        f"{path}, 'x0', line 2: the file 'a.csv' cannot be read: No such file or directory; "
        "4 more equations need it; put it beside the model"
    )
    assert first.text == "a.csv"
    assert "'y', line 7: the file 'b.csv' cannot be read" in str(second)
    assert "more" not in str(second)
