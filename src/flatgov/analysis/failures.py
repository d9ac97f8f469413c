"""Which draws an analysis leaves out, and why most of them failed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from flatgov.run.ensemble import OK

if TYPE_CHECKING:
    import xarray as xr


def count_reasons(reasons: Iterable[str]) -> Counter[str]:
    """Count reasons of failures; the same at another time is the same reason.

    Args:
        reasons: As in the results of a run: ``'x' (line 12) is not a number at time 37.5``. Empty
            ones are left out.
    """
    return Counter(text.rpartition(" at time ")[0] or text for text in reasons if text)


def most_frequent(counts: Counter[str]) -> str:
    """Give the reason of most failures; nothing if none failed."""
    return counts.most_common(1)[0][0] if counts else ""


def left_out(ds: xr.Dataset) -> str:
    """List the policies with failed draws, for an attribute of what is made of them.

    Args:
        ds: Results with draws, of one scenario or several.

    Returns:
        JSON: a list of ``policy``, ``scenario``, ``draws`` (how many failed) and ``reason`` (that
        of most of them).
    """
    worlds = ds["scenario"].values.tolist() if "scenario" in ds.dims else [None]
    alone = "scenario" in ds.coords and "scenario" not in ds.dims
    found = []
    for world in worlds:
        one = ds if world is None else ds.sel(scenario=world)
        name = str(ds["scenario"].item()) if alone else world or ""
        for policy in one["policy"].values:
            here = one.sel(policy=policy)
            count = int((here["status"].values != OK).sum())
            if count:
                reason = most_frequent(count_reasons(map(str, here["reason"].values)))
                found.append(
                    {"policy": str(policy), "scenario": name, "draws": count, "reason": reason}
                )
    return json.dumps(found, ensure_ascii=False)


def left_out_texts(attrs: Mapping[str, object], scenario: str = "") -> Iterator[str]:
    """Say what `left_out` lists, policy by policy.

    Args:
        attrs: With an attribute ``left_out``.
        scenario: Of which scenario; by default of all.
    """
    for one in json.loads(str(attrs.get("left_out", "[]"))):
        if scenario in ("", one["scenario"]):
            under = "" if scenario or not one["scenario"] else f" under {one['scenario']}"
            yield f"{one['draws']:,} of {one['policy']}{under} (most often {one['reason']})"


def main_reason(attrs: Mapping[str, object]) -> str:
    """Give the reason of most failures that `left_out` lists; nothing if none failed."""
    counts: Counter[str] = Counter()
    for one in json.loads(str(attrs.get("left_out", "[]"))):
        counts[one["reason"]] += one["draws"]
    return most_frequent(counts)
