"""A tiny study that tests write, break and run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

MODEL = """{UTF-8}
Staff = INTEG(hiring - leaving, 100) ~ Person [0,500] ~ People at work. |
hiring = hiring rate ~ Person/Month ~ New people. |
hiring rate = 5 ~ Person/Month [0,20] ~ What the budget allows. |
leaving = Staff / stay * effect of load(load) ~ Person/Month ~ |
stay = 20 ~ Month [1,?] ~ How long people stay. |
load = tasks / Staff ~ Task/(Person*Month) ~ |
tasks = 100 ~ Task/Month ~ |
effect of load((0,1),(1,1),(2,2)) ~ Dmnl ~ |
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 24 ~ Month ~ |
TIME STEP = 0.5 ~ Month ~ |
SAVEPER = 1 ~ Month ~ |
"""

POLICIES = """\
[study]
title = { en = "A tiny office", zh = "小机关" }
reference = "now"
observed = "2020-07"
headline = ["Staff", "load"]

[calendar]
epoch = "2020-01"
unit = "Month"

[policies.now]
label = { en = "As it is", zh = "现状" }

[policies.hire]
label = { en = "More people", zh = "增员" }
description = "The budget grows."
claims = [1]
extends = ["now"]
[[policies.hire.changes]]
variable = "hiring rate"
operation = "set"
value = 10.0
units = "Person/Month"
start = "2020-07"
ramp = 6
reason = "The council says so."

[policies.both]
label = { en = "More people, fewer tasks", zh = "增员减负" }
extends = ["hire"]
[[policies.both.changes]]
variable = "Tasks"
operation = "scale"
value = 0.5
start = "2021-01-16"
end = 20
"""

SCENARIOS = """\
default = "calm"
[scenarios.calm]
label = { en = "Calm", zh = "平静" }
[scenarios.busy]
label = { en = "Busy", zh = "忙" }
claims = [2]
[[scenarios.busy.changes]]
variable = "tasks"
operation = "add"
value = 50
"""

EVIDENCE = """\
[sources.someone_2020]
citation = "Someone (2020). On offices."
[[claims]]
number = 1
text = "People left."
terms = ["离职"]
variables = ["leaving"]
test = "P1"
[[claims]]
number = 2
text = "It was busy."
reason = "No number is given."
[loops.B1]
label = { en = "Leaving", zh = "离职" }
polarity = "balancing"
variables = ["staff", "leaving"]
claims = [1]
[tests.P1]
text = "Staff falls."
claims = [1]
"""

FIGURES = """\
[[events]]
date = "2020-03"
label = { en = "spring", zh = "春天" }
[labels."staff"]
zh = "人员"
[units]
"Person" = { zh = "人" }
[breakdowns.flows]
title = { en = "Flows", zh = "流量" }
total = "hiring"
parts = ["hiring"]
policies = ["now", "both"]
[promises]
before = "2020-02"
after = "2021-02"
title = { en = "Promises", zh = "承诺" }
[[promises.items]]
variable = "LOAD"
promised = "down"
claims = [2]
[sources]
text = { en = "Someone (2020)", zh = "某人（2020）" }
"""

FILES = {
    "office.mdl": MODEL,
    "policies.toml": POLICIES,
    "scenarios.toml": SCENARIOS,
    "evidence.toml": EVIDENCE,
    "figures.toml": FIGURES,
}


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests out of the user's cache folder; processes that they start inherit it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLATGOV_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def write_study(tmp_path: Path) -> Callable[..., Path]:
    """Write the tiny study with some texts replaced, and give its folder.

    Keyword arguments name a file's stem and hold pairs (old, new); `without` names files to leave
    out.
    """

    def write(
        name: str = "office", without: tuple[str, ...] = (), **replacements: tuple[str, str]
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for file, text in FILES.items():
            stem = file.partition(".")[0]
            if stem in replacements:
                old, new = replacements[stem]
                assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
                text = text.replace(old, new)
            if file not in without:
                (folder / file).write_text(text, encoding="utf-8")
        return folder

    return write
