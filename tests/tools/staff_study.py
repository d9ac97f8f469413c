"""A linear stock-flow study with uncertain quantities, whose variances are known on paper."""

from __future__ import annotations

from pathlib import Path

import flatgov as fg
from flatgov.study.study import Study

# Staff(n) = first staff q^n + hiring stay (1 - q^n) with q = 1 - TIME STEP / stay.
MODEL = """{UTF-8}
Staff = INTEG(hiring - Staff / stay, 100) ~ Person [0,?] ~ |
hiring = 5 ~ Person/Month ~ |
stay = 20 ~ Month ~ |
skill = 1 ~ Dmnl ~ |
will = 1 ~ Dmnl ~ |
service = Staff * skill ~ Person ~ |
temper = 3 * skill + 2 * will ~ Dmnl ~ |
rule = 4 * TIME STEP ~ Month ~ |
margin = MAX(Staff - floor, 0) / (Staff - floor) ~ Dmnl ~ |
floor = 0 ~ Person ~ |
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 12 ~ Month ~ |
TIME STEP = 0.5 ~ Month ~ |
SAVEPER = 1 ~ Month ~ |
"""

POLICIES = """\
[study]
title = { en = "Staff", zh = "人员" }
reference = "now"
headline = ["Staff", "service"]
[policies.now]
label = { en = "now", zh = "现状" }
[policies.hire]
label = { en = "hire", zh = "增员" }
[[policies.hire.changes]]
variable = "hiring"
operation = "set"
value = 10.0
start = 6
reason = "A plan."
[policies.other]
label = { en = "other", zh = "另" }
[[policies.other.changes]]
variable = "skill"
operation = "set"
value = 1.5
start = 6
reason = "Another plan."
"""

UNCERTAINTY = """\
[parameters.staff]
distribution = "uniform"
low = 80.0
high = 120.0
reason = "The count is rough."
[parameters.hiring]
distribution = "triangular"
low = 2.0
mode = 5.0
high = 8.0
reason = "The plan varies."
[parameters.skill]
distribution = "uniform"
low = 0.5
high = 1.5
reason = "A guess."
[parameters.will]
distribution = "uniform"
low = 0.5
high = 1.5
reason = "Another guess."
[[changes]]
policy = "hire"
variable = "hiring"
distribution = "uniform"
low = 8.0
high = 12.0
reason = "Budgets vary."
[[changes]]
policy = "other"
variable = "skill"
distribution = "uniform"
low = 1.0
high = 2.0
reason = "Training varies."
"""


def open_staff(folder: Path, uncertainty: str = UNCERTAINTY, model: str = MODEL) -> Study:
    folder.mkdir(exist_ok=True)
    (folder / "staff.mdl").write_text(model, encoding="utf-8")
    (folder / "policies.toml").write_text(POLICIES, encoding="utf-8")
    (folder / "uncertainty.toml").write_text(uncertainty, encoding="utf-8")
    return fg.open_study(folder)
