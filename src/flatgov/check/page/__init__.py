"""The record of a model as one self-contained page that people can read."""

from __future__ import annotations

from pathlib import Path

from flatgov.check.page.assemble import page_text
from flatgov.check.report import Report

__all__ = ["page_text", "write_page"]


def write_page(report: Report, path: Path) -> None:
    """Write the page of a report, whole or not at all.

    Args:
        report: The report.
        path: The file.

    Raises:
        OSError: It cannot be written there.
    """
    from flatgov.run.place import write_bytes

    write_bytes(path, page_text(report).encode())
