"""Checks of what the authors write beside the equations: comments and sources."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flatgov.check.findings import Finding, Outcome
from flatgov.check.static_pieces import listed, percent, plural
from flatgov.check.subject import Check, Subject
from flatgov.model import Number, Variable
from flatgov.names import canonical

# From this share on, documentation is the rule in a model, and where it lacks it was forgotten.
_RULE = 0.95

# What a reader can look up: a mark, a name with a year, a link; or that there is nothing to look
# up, as the number is defined or set by somebody.
_NAMED = re.compile(
    r"\[[^\]\[\d]{0,80}\d[^\]\[]{0,80}\]"  # [C12], [3], [Meadows 1974]
    r"|\b[A-Z]\w+[^.;]{0,40}\b(?:1[89]|20)\d\d\b"  # Author 2000, Author et al. (2000)
    r"|(?i:\b(?:doi|isbn|https?|www)\b)"
    r"|《[^》]+》|(?:1[89]|20)\d\d\s*年.{0,20}(?:年鉴|普查|统计|调查|公报|报告)"
    r"|(?:年鉴|普查|统计|调查|公报|报告).{0,20}(?:1[89]|20)\d\d"
    r"|(?i:\b(?:by definition|conver(?:sions?|ts?)|defin\w+|convention|lever|scenario)\b)|定义"
)
# An assumption is as good as a source where it says how far the number may lie elsewhere.
_ASSUMED = re.compile(
    r"(?i:\b(?:assum\w+|estimat\w+|guess\w*|judge?ments?|experts?|chosen|arbitrary|hypothe\w+)\b)"
    r"|假设|假定|估计|估算"
)
_RANGE = re.compile(
    r"\d[^.;\s]{0,4} ?%?\s*(?:to|and|–|—|-|−|~|～|至|到|\.\.)\s*[-−]?\d|±|\+/-"
    r"|\brange\b.{0,20}\d|\bwithin\b.{0,20}\d"
)
# Words that say where a number comes from, or that it comes from nowhere.
_SOURCE = re.compile(
    r"(?i:\b(?:sources?|assum\w+|data|estimat\w+|calibrat\w+|fit(?:ted)?|surveys?|census|statistics?"
    r"|measure[ds]?|measurements?|observ\w+|literature|interviews?|judge?ments?|guess\w*|experts?"
    r"|according|based|reported|reports?|taken|derived|adapted|chosen|arbitrary|hypothe\w+"
    r"|by definition|conver(?:sions?|ts?)|defin\w+|convention|lever|scenario"
    r"|et al|refs?|references?|doi|isbn|pages?|https?|www)\b)"
    r"|\[[^\]\[\d]{0,80}\d[^\]\[]{0,80}\]"  # [C12], [3], [Meadows 1974]
    r"|\b[A-Z]\w+[^.;]{0,40}\b(?:1[89]|20)\d\d\b"  # Author 2000, Author et al. (2000)
    r"|来源|出处|假设|假定|数据|文献|估计|估算|校准|标定|调查|访谈|统计|普查|年鉴|依据|根据|参考|取自|定义"
)
_NO_UNITS = frozenset({"", "1", "dmnl", "dimensionless", "unitless", "fraction"})


def _undocumented(subject: Subject) -> Outcome:
    variables = list(subject.model.variables.values())
    bare = [one for one in variables if not one.documentation.strip()]
    documented = len(variables) - len(bare)
    summary = f"{documented} of {plural(len(variables), 'variable')} have a comment"
    findings = _lacking(
        subject,
        "undocumented",
        bare,
        len(variables),
        "no comment says what it means",
        f"{len(bare)} of {len(variables)} variables have no comment",
        "say what it is and why the equation is right",
    )
    data = {"variables": len(variables), "documented": documented}
    return Outcome("undocumented", findings, summary, data)


def _unsourced(subject: Subject) -> Outcome:
    numbers = [
        one
        for one in subject.model.variables.values()
        if one.kind in ("constant", "lookup") and one.documentation.strip() and not _switch(one)
    ]
    checkable = [_can_be_checked(one.documentation) for one in numbers]
    others = [one for one, good in zip(numbers, checkable, strict=True) if not good]
    bare = [one for one in others if not _SOURCE.search(one.documentation)]
    vague = [one for one in others if _SOURCE.search(one.documentation)]
    sourced = len(numbers) - len(bare) - len(vague)
    summary = (
        f"{sourced} of {len(numbers)} documented constants and lookups "
        "have a source, or an assumption with its range"
    )
    if vague:
        summary += f"; said to be data or an assumption and no more: {len(vague)}"
    findings = _lacking(
        subject,
        "unsourced",
        bare,
        len(numbers),
        "its comment names no source and no assumption",
        f"{len(bare)} of {len(numbers)} documented constants and lookups name no source",
        "write where the number comes from, or that it is an assumption",
    )
    if vague:
        findings += (
            subject.finding(
                "unsourced",
                "note",
                None,
                f"{plural(len(vague), 'comment')} of constants and lookups: data or an assumption, "
                "but not which data, or how far the number may lie elsewhere",
                evidence=listed(one.name for one in vague),
                fix="name the source with its year, a link, or the range of the assumption",
            ),
        )
    data = {"numbers": len(numbers), "sourced": sourced, "vague": len(vague)}
    return Outcome("unsourced", findings, summary, data)


def _can_be_checked(text: str) -> bool:
    """Tell whether a comment names what a reader can look up, or bounds what was assumed."""
    return bool(_NAMED.search(text) or (_ASSUMED.search(text) and _RANGE.search(text)))


def _lacking(
    subject: Subject,
    check: str,
    bare: Sequence[Variable],
    of: int,
    cause: str,
    all_of_them: str,
    fix: str,
) -> tuple[Finding, ...]:
    """Find each variable that is an exception to the rule, or say once that there is none."""
    if not bare:
        return ()
    if len(bare) <= (1 - _RULE) * of:
        return tuple(
            subject.finding(
                check,
                "warning",
                one,
                f"'{one.name}': {cause}, as {percent(of - len(bare), of)} of the others do",
                text=one.name,
                fix=fix,
                cause=cause,
            )
            for one in bare
        )
    return (
        subject.finding(
            check, "note", None, all_of_them, evidence=listed(one.name for one in bare), fix=fix
        ),
    )


def _switch(variable: Variable) -> bool:
    """Tell whether a constant is a 0 or 1 without units: a switch or a neutral factor."""
    return canonical(variable.units) in _NO_UNITS and all(
        equation.expression in (Number(0.0), Number(1.0)) for equation in variable.equations
    )


CHECKS: tuple[Check, ...] = (
    Check(
        "undocumented",
        "Every variable is documented",
        "Does each variable have a comment? Nobody else can judge an equation without knowing "
        "what it stands for.",
        _undocumented,
        ("sterman2000", "rahmandad_sterman2012", "martinez_moyano2012"),
    ),
    Check(
        "unsourced",
        "Every number says where it comes from",
        "Does the comment of each constant and lookup name a source that can be looked up, or say "
        "that the number is an assumption and how far it may lie elsewhere? A study is as good as "
        "the numbers that it stands on.",
        _unsourced,
        ("sterman2000", "rahmandad_sterman2012"),
    ),
)
