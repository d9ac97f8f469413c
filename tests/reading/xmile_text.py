"""Small XMILE files, put together from what a test is about."""

from __future__ import annotations

from collections.abc import Sequence

FLAG = "<non_negative/>"
NAMESPACE = "http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"


def xmile(
    variables: str,
    *,
    stop: float = 4,
    dt: float = 1,
    specs: str = "",
    dimensions: str = "",
    outside: str = "",
    vendor: str = "nobody",
) -> str:
    """Give a whole file; `outside` stands beside the root model."""
    block = f"<dimensions>{dimensions}</dimensions>" if dimensions else ""
    return (
        f'<xmile version="1.0" xmlns="{NAMESPACE}" xmlns:isee="http://iseesystems.com/XMILE">'
        f'<header><vendor>{vendor}</vendor><product version="1">none</product></header>\n'
        f"<sim_specs {specs}><start>0</start><stop>{stop}</stop><dt>{dt}</dt></sim_specs>\n"
        f"{block}<model><variables>{variables}</variables></model>{outside}</xmile>"
    )


def aux(inside: str = "", **equations: str) -> str:
    """Give auxiliaries by name; `inside` follows the equation of each."""
    return "".join(
        f'<aux name="{name}"><eqn><![CDATA[{text}]]></eqn>{inside}</aux>\n'
        for name, text in equations.items()
    )


def array(name: str, dimensions: Sequence[str], inside: str, tag: str = "aux") -> str:
    """Give a variable with dimensions; `inside` holds its equations."""
    block = "".join(f'<dim name="{dimension}"/>' for dimension in dimensions)
    return f'<{tag} name="{name}"><dimensions>{block}</dimensions>{inside}</{tag}>\n'


def flow(name: str, equation: str, inside: str = FLAG) -> str:
    """Give a flow, non-negative unless `inside` says otherwise."""
    return f'<flow name="{name}"><eqn>{equation}</eqn>{inside}</flow>\n'


def stock(
    name: str,
    initial: str,
    inflows: Sequence[str] = (),
    outflows: Sequence[str] = (),
    inside: str = FLAG,
) -> str:
    """Give a stock, non-negative unless `inside` says otherwise."""
    flows = "".join(f"<inflow>{item}</inflow>" for item in inflows)
    flows += "".join(f"<outflow>{item}</outflow>" for item in outflows)
    return f'<stock name="{name}"><eqn>{initial}</eqn>{flows}{inside}</stock>\n'
