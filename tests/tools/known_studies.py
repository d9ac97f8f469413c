"""Studies whose answers are known on paper."""

from __future__ import annotations

from pathlib import Path

import flatgov as fg
from flatgov.study.study import Study

TIME = """
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 60 ~ Month ~ |
TIME STEP = 1 ~ Month ~ |
SAVEPER = 1 ~ Month ~ |
"""

COST_MODEL = f"""{{UTF-8}}
Cost = INTEG(rate, 0) ~ MYuan ~ |
rate = 10 ~ MYuan/Month ~ |
{TIME}"""

# In every draw `gamble` costs d a month more than `now`, and `save` 1 less. Common random numbers
# take the noise of `rate` out of the differences.
COST_POLICIES = """
[study]
title = { en = "Costs", zh = "费用" }
reference = "now"
headline = ["Cost"]
[study.better]
"Cost" = "less"
[policies.now]
label = { en = "Now", zh = "现状" }
[policies.gamble]
label = { en = "Gamble", zh = "冒险" }
[[policies.gamble.changes]]
variable = "rate"
operation = "add"
value = -1.0
start = 0
[policies.save]
label = { en = "Save", zh = "节省" }
[[policies.save.changes]]
variable = "rate"
operation = "add"
value = -1.0
start = 0
"""

COST_UNCERTAINTY = """
[design]
method = "random"
[parameters."rate"]
distribution = "normal"
mean = 10.0
sd = 20.0
reason = "Noise."
[[changes]]
policy = "gamble"
variable = "rate"
distribution = "uniform"
low = -3.0
high = 1.0
reason = "It may fail."
"""

MORALE_MODEL = f"""{{UTF-8}}
Morale = INTEG(gain - loss, 1) ~ Dmnl ~ |
gain = 0 ~ 1/Month ~ |
loss = 0 ~ 1/Month ~ |
{TIME}"""

# Morale falls from 1 to 0 at time 60, and the policy raises it by g a month.
MORALE_POLICIES = """
[study]
title = { en = "Morale", zh = "士气" }
reference = "actual"
headline = ["Morale"]
[study.better]
"Morale" = "more"
[policies.town]
label = { en = "Town", zh = "镇" }
[policies.actual]
label = { en = "Actual", zh = "实际" }
[[policies.actual.changes]]
variable = "loss"
operation = "set"
value = 0.02
start = 10
[policies.help]
label = { en = "Help", zh = "帮助" }
extends = ["actual"]
[[policies.help.changes]]
variable = "gain"
operation = "set"
value = 0.03
start = 24
"""

MORALE_UNCERTAINTY = """
[design]
method = "random"
[[changes]]
policy = "help"
variable = "gain"
distribution = "uniform"
low = 0.01
high = 0.05
reason = "Nobody knows."
"""


def cost_study(folder: Path) -> Study:
    return _open(folder, COST_MODEL, COST_POLICIES, COST_UNCERTAINTY)


def morale_study(folder: Path) -> Study:
    return _open(folder, MORALE_MODEL, MORALE_POLICIES, MORALE_UNCERTAINTY)


def _open(folder: Path, model: str, policies: str, uncertainty: str) -> Study:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("model.mdl", model),
        ("policies.toml", policies),
        ("uncertainty.toml", uncertainty),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return fg.open_study(folder)
