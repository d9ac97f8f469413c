"""Checks of a study or model, each with what it found, where, and how to mend it.

    from flatgov.check import make_report, page_text, report_json, report_text

    report = make_report("sd_models/longgang")
    print(report_text(report))
    errors = [one for one in report.findings if one.severity == "error"]

`report_json` gives what `flatgov check --json` writes, `page_text` what ``--html`` does.

Names are imported when first used, so that the command line answers at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flatgov.check.page import page_text as page_text
    from flatgov.check.record import report_json as report_json
    from flatgov.check.report import Report as Report
    from flatgov.check.report import make_report as make_report
    from flatgov.check.text import report_text as report_text

__all__ = ["Report", "make_report", "page_text", "report_json", "report_text"]

_HOMES = {
    "Report": "flatgov.check.report",
    "make_report": "flatgov.check.report",
    "page_text": "flatgov.check.page",
    "report_json": "flatgov.check.record",
    "report_text": "flatgov.check.text",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'flatgov.check' has no attribute '{name}'")
