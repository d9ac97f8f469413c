"""What a study is refused with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import flatgov as fg

UNCERTAINTY = """\
[design]
method = "random"

[parameters."Stay"]
distribution = "triangular"
low = 10
high = 40
units = "Month"
reason = "A guess."
claims = [1]

[parameters.tasks]
distribution = "lognormal"
median = 100.0
sigma = 0.2
source = "Someone (2020)."

[parameters.staff]
distribution = "scipy.gamma"
args = { a = 50.0, scale = 2.0 }
low = 60.0
high = 200.0
reason = "A count that may be wrong."

[lookups."effect of load"]
normal = [1, 1]
strength = { distribution = "beta", a = 2, b = 2, low = 0.5, high = 1.5, reason = "A guess." }
[lookups."effect of load".slope]
distribution = "normal"
mean = 1.0
sd = 0.1
reason = "A guess."

[[changes]]
policy = "hire"
variable = "hiring rate"
distribution = "uniform"
low = 8.0
high = 12.0
units = "Person/Month"
reason = "The council did not say."

[[changes]]
scenario = "busy"
variable = "tasks"
distribution = "discrete"
values = [50, 30]
weights = [3, 1]
reason = "Two readings."

[[correlations]]
factors = ["stay", "Hire: hiring_rate"]
rank = 0.6
reason = "Both follow the labour market."
"""


@pytest.fixture
def refusal(write_study: Callable[..., Path]) -> Callable[..., str]:
    """Write a wrong study and give the message, its folder as the start left out."""

    def message(**replacements: tuple[str, str]) -> str:
        folder = write_study(**replacements)
        with pytest.raises(fg.StudyError) as caught:
            fg.open_study(folder)
        line = str(caught.value)
        assert line.startswith(f"{folder}/")
        return line.removeprefix(f"{folder}/").replace(str(folder), "{folder}")

    return message


@pytest.fixture
def uncertain_study(write_study: Callable[..., Path]) -> Callable[..., Path]:
    """Write the tiny study with uncertainty.toml, some of it replaced, and give its folder."""

    def write(*pairs: tuple[str, str], **replacements: tuple[str, str]) -> Path:
        folder = write_study(**replacements)
        text = UNCERTAINTY
        for old, new in pairs:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
            text = text.replace(old, new)
        (folder / "uncertainty.toml").write_text(text, encoding="utf-8")
        return folder

    return write


@pytest.fixture
def uncertain_refusal(uncertain_study: Callable[..., Path]) -> Callable[[str, str], str]:
    """Write a wrong uncertainty.toml and give the message, its folder as the start left out."""

    def message(old: str, new: str) -> str:
        folder = uncertain_study((old, new))
        with pytest.raises(fg.StudyError) as caught:
            fg.open_study(folder)
        line = str(caught.value)
        assert line.startswith(f"{folder}/")
        return line.removeprefix(f"{folder}/").replace(str(folder), "{folder}")

    return message
