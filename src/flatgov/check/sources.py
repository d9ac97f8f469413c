"""The publications that the checks come from, each looked up before it was put here."""

from __future__ import annotations

SOURCES: dict[str, str] = {}
