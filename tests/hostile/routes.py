"""Every way in which a model file could run code in PySD, through all that flatgov does with one.

A canary is a file that would appear if any of the code ran.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import flatgov as fg

CANARY = "canary"
# Python that makes the canary, in the folder above that of the case.
CODE = f"__import__('pathlib').Path('../{CANARY}').touch()"
CONTROL = """
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 2 ~ Month ~ |
TIME STEP = 1 ~ Month ~ |
SAVEPER = 1 ~ Month ~ |
"""
XMILE = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>someone</vendor><product>none</product></header>
<sim_specs><start>0</start><stop>2</stop><dt>1</dt></sim_specs>
{dimensions}<model><variables>{variables}</variables></model>{more}</xmile>
"""


def use(path: Path) -> None:
    """Do with a model all that flatgov can; refusals of the parts after reading are right."""
    from flatgov.check.page import page_text
    from flatgov.check.record import report_json
    from flatgov.check.report import make_report
    from flatgov.check.text import report_text
    from flatgov.terminal import model_text

    report = make_report(path, (), draws=2, command="flatgov check")
    report_text(report, notes=True)
    json.dumps(report_json(report))
    page = page_text(report)
    assert "<script>alert" not in page.lower()
    assert "<img src=x" not in page.lower()
    model = fg.load_model(path)
    model_text(model)
    with suppress(fg.FlatgovError):
        model.run()
    with suppress(fg.FlatgovError):
        model.run(engine="pysd")


def mdl(text: str, folder: Path) -> None:
    """Use a Vensim model."""
    path = folder / "model.mdl"
    path.write_text("{UTF-8}\n" + text + CONTROL, encoding="utf-8")
    use(path)


def xmile(variables: str, folder: Path, dimensions: str = "", more: str = "") -> None:
    """Use an XMILE model."""
    path = folder / "model.xmile"
    text = XMILE.format(variables=variables, dimensions=dimensions, more=more)
    path.write_text(text, encoding="utf-8")
    use(path)


def both(name: str, folder: Path) -> None:
    """Give a variable a name in both formats."""
    with suppress(fg.FlatgovError):
        mdl(f'"{name}" = 1 ~ ~ |\nx = "{name}" * 2 ~ ~ |', folder)
    quoted = name.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    xmile(f'<aux name="{quoted}"><eqn>1</eqn></aux>', folder)


_TEXTS = {
    "lookup limits": f"f([({CODE},0)-(2,2)],(0,0),(1,1)) ~ ~ |\nx = f(1) ~ ~ |",
    "lookup limits as a list": f"f([{CODE}],(0,0),(1,1)) ~ ~ |\nx = f(1) ~ ~ |",
    "inline lookup limits": f"x = WITH LOOKUP(Time, ([{CODE}],(0,0),(1,1))) ~ ~ |",
    "lookup points": f"f((0,{CODE}),(1,1)) ~ ~ |\nx = f(1) ~ ~ |",
    "documentation": f'x = 1 ~ ~ """\n{CODE}\n""" |',
    "documentation of backslashes": f'x = 1 ~ ~ \\""" + {CODE} + """\\ |',
    "units": f'x = 1 ~ """ + {CODE} + """ ~ |',
    "limits of units": f"x = 1 ~ Dmnl [{CODE},2] ~ |",
    "quoted function name": f'x = "{CODE}"(1) ~ ~ |',
    "function name": "x = __import__(1) ~ ~ |\ny = eval(1) ~ ~ |\nz = exec(1) ~ ~ |",
    "variable of dunders": "__builtins__ = 1 ~ ~ |\n__import__ = 2 ~ ~ |\nx = __import__ ~ ~ |",
    "data variable name": f"\"{CODE}\" :INTERPOLATE: := GET DIRECT DATA('a.csv',',','A','B2') "
    "~ ~ |\nx = 1 ~ ~ |",
    "data file name": f"x = GET DIRECT DATA('{CODE.replace(chr(39), '')}','a','A','B2') ~ ~ |",
    "subscript range name": f'"{CODE}": a, b ~ ~ |\nx["{CODE}"] = 1 ~ ~ |',
    "subscript element name": f'D: "{CODE}", b ~ ~ |\nx[D] = 1, 2 ~ ~ |\ny = x["{CODE}"] ~ ~ |',
    "subscript numbers": f"D: ({CODE}-A3) ~ ~ |\nx[D] = 1 ~ ~ |",
    "subscript mapping": f'D: a, b -> "{CODE}" ~ ~ |\nx[D] = 1 ~ ~ |',
    "macro name": f':MACRO: "{CODE}"(a)\n"{CODE}" = a ~ ~ |\n:END OF MACRO:\nx = "{CODE}"(1) ~ ~ |',
    "macro input name": f':MACRO: M("{CODE}")\nM = "{CODE}" ~ ~ |\n:END OF MACRO:\nx = M(1) ~ ~ |',
    "macro output name": f':MACRO: M(a : "{CODE}")\nM = a ~ ~ |\n"{CODE}" = a ~ ~ |\n'
    ":END OF MACRO:\nx = M(1 : y) ~ ~ |",
    "number": f"x = 1 if {CODE} else 2 ~ ~ |",
    "array": f"D: a, b ~ ~ |\nx[D] = 1, {CODE} ~ ~ |",
    "array of text": f"D: a, b ~ ~ |\nx[D] = '1', '{CODE.replace(chr(39), '')}' ~ ~ |",
    "game": f'x = GAME("{CODE}") ~ ~ |',
    "group": f"********\n.{CODE}\n********~\n|\nx = 1 ~ ~ |",
    "sketch": f"x = 1 ~ ~ |{CONTROL}\\\\\\---/// Sketch information\nV300 *View 1\n"
    f"10,1,{CODE},0,0,0,0,0,0",
    "settings": f"x = 1 ~ ~ |{CONTROL}"
    f"\\\\\\---///\n///---\\\\\\\n:L\x7f<%^E!@\n22:{CODE}\n15:0,{CODE}",
    "encoding": "{base64}\nx = 1 ~ ~ |",
    "control variable": f"x = 1 ~ ~ |\nSAVEPER = {CODE} ~ ~ |",
    "get of subscripts": "D: GET DIRECT SUBSCRIPT('../secret.csv',',','A1','A2','') ~ ~ |\n"
    "x[D] = 1 ~ ~ |",
}
_NAMES = {
    "name of code": CODE.replace("'", ""),
    "name of quotes": f"'''+{CODE}+'''",
    "name of braces": "{" + CODE + "}",
    "name of percent": "%(x)s %s {0.__class__} ${x} {{7*7}} {% raw %}",
    "name as html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "name as attribute": "x' onmouseover='alert(1)",
    "name as MathML": "</mtext></math><script>alert(1)</script>",
    "name as path": "../../../etc/passwd",
    "name as formula": "=cmd|' /C calc'!A0",
    "name of a line end": "x\\nimport os",
    "name of null": "x\\0y",
    "name of right to left": "a\u202eb\u2066c",
    "name of escapes": "\x1b]0;title\x07\x1b[2J",
}
_XMILE: dict[str, tuple[str, str, str]] = {
    "xmile documentation": (
        f'<aux name="x"><doc>"""\n{CODE}\n"""</doc><eqn>1</eqn></aux>',
        "",
        "",
    ),
    "xmile equation": (f'<aux name="x"><eqn>{CODE}</eqn></aux>', "", ""),
    "xmile quoted function": (f'<aux name="x"><eqn>"{CODE}"(1)</eqn></aux>', "", ""),
    "xmile dimension": (
        f'<aux name="x"><dimensions><dim name="{CODE}"/></dimensions><eqn>1</eqn></aux>',
        f'<dimensions><dim name="{CODE}" size="2"/></dimensions>',
        "",
    ),
    "xmile points": (
        f'<gf name="f"><xscale min="{CODE}" max="1"/><ypts>0,{CODE}</ypts></gf>',
        "",
        "",
    ),
    "xmile macro": (
        '<aux name="x"><eqn>M(1)</eqn></aux>',
        "",
        f'<macro name="M"><parm>{CODE}</parm><eqn>{CODE}</eqn></macro>',
    ),
    "xmile units": (
        f'<aux name="x"><eqn>1</eqn><units>"""+{CODE}+"""</units></aux>',
        "",
        f'<model_units><unit name="u"><eqn>{CODE}</eqn></unit></model_units>',
    ),
}


def _xmile(parts: tuple[str, str, str], folder: Path) -> None:
    variables, dimensions, more = parts
    xmile(variables, folder, dimensions, more)


CASES: dict[str, Callable[[Path], object]] = {
    **{f"code: {name}": partial(mdl, text) for name, text in _TEXTS.items()},
    **{f"code: {name}": partial(both, text) for name, text in _NAMES.items()},
    **{f"code: {name}": partial(_xmile, parts) for name, parts in _XMILE.items()},
}
