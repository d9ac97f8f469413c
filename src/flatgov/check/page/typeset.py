"""Equations as they are printed in a paper: expression trees → HTML with MathML in it.

What stands above or below something else (fractions, powers, roots, sums, integrals, short cases)
is MathML; what stands in a row is text, as browsers break lines of text but not of MathML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from flatgov.check.page.functions import INFIX, OVER, PREFIX, SHORT
from flatgov.check.page.safe import exact, visible
from flatgov.model import NA, Array, Call, Equation, Expression, Number, Reference, Table, Text
from flatgov.names import canonical

# The width of a fraction, in letters: half of a page; wider ones are written in a row.
_WIDEST = 64
# How strongly an atom binds, and operators that may follow each other without brackets.
_ATOM = 90
_CHAINS = (10, 20, 50, 60)
# What is one of several arguments: only cases, which have no end of their own, need brackets there.
_LISTED = 1
# Names that read like a calculation unless they stand in quotes.
_SIGNS = re.compile(r"[+*/^()<>=,|×−∑]|^-|\s-|-\s")
# Signs between operands are text with spaces: browsers set them as operators of a fraction without
# space, and small where no font for formulas is there.
_SIGN = Markup("<mtext>\u00a0{}\u00a0</mtext>")


@dataclass
class Typesetter:
    """Typesets equations, with links to the definitions of what they use.

    Attributes:
        anchors: The id on the page of each variable and macro, by canonical name.
        used: The functions met so far.
    """

    anchors: Mapping[str, str]
    used: dict[str, None] = field(default_factory=dict)
    _widths: dict[int, int] = field(default_factory=dict)

    def equation(self, name: str, equation: Equation, subscripts: tuple[str, ...] = ()) -> Markup:
        """Typeset a definition, its left side too; as the text of the file where that fails.

        Args:
            name: The variable.
            equation: The whole equation, or that of some elements.
            subscripts: The subscripts of the variable, where the equation has none of its own.
        """
        left = _name(name) + _index(equation.subscripts or subscripts)
        if equation.excluded:
            excluded = "; ".join(", ".join(group) for group in equation.excluded)
            left += Markup(' <span class="w">(all but {})</span>').format(visible(excluded))
        try:
            self._widths = {}
            return left + self._right(equation.expression)
        except RecursionError:
            return left + Markup(" = <code>{}</code>").format(visible(equation.text))

    def _right(self, expression: Expression) -> Markup:
        if isinstance(expression, Call) and expression.function == "INTEG":
            flow, initial = expression.arguments
            return Markup(
                ' = <math><msubsup><mo largeop="true">∫</mo><mtext>start</mtext><mi>t</mi>'
                '</msubsup></math> ({})\u2009d<i>t</i> <span class="w">+ initial value</span>'
                '<span class="start"><span class="w">initial value</span> = {}</span>'
            ).format(self._flow(flow), self._flow(initial))
        if isinstance(expression, Table):
            return Markup(' = <span class="w">the table of {} points plotted here</span>').format(
                len(expression.x)
            )
        if isinstance(expression, Array):
            return Markup(' = <span class="w">the numbers in the table here</span>')
        if isinstance(expression, Call) and expression.function == "IF THEN ELSE":
            return Markup(' = <span class="cases">{}</span>').format(self._rows(expression))
        # "y = (a = b)": without brackets that were two equations.
        equality = isinstance(expression, Call) and expression.function == "="
        return Markup(" = ") + self._flow(expression, 41 if equality else 0)

    def _rows(self, expression: Call) -> Markup:
        rows = Markup("")
        for value, condition in _branches(expression):
            when = (
                Markup('<span class="w">otherwise</span>')
                if condition is None
                else Markup('<span class="w">if</span> ') + self._flow(condition)
            )
            rows += Markup('<span class="case">{}, {}</span>').format(self._flow(value), when)
        return rows

    # In a row, where lines may break -------------------------------------------------------

    def _flow(self, expression: Expression, outside: int = 0) -> Markup:
        if not isinstance(expression, Call):
            return _bracketed(self._atom(expression), _loose(expression, outside))
        function, arguments = expression.function, expression.arguments
        if self._stands(expression):
            return Markup("<math>{}</math>").format(self._math(expression, outside))
        if function in INFIX and len(arguments) == 2:
            return self._row(expression, outside)
        if function in PREFIX:
            sign, strength = PREFIX[function]
            inner = Markup(sign) + self._flow(arguments[0], strength)
            return _bracketed(inner, strength < outside or _after(outside))
        if function == "IF THEN ELSE":
            condition, yes, no = (self._flow(one) for one in arguments)
            return Markup(
                '(<span class="w">if</span> {} <span class="w">then</span> {} '
                '<span class="w">else</span> {})'
            ).format(condition, yes, no)
        head, inside = self._head(expression)
        narrow = self._width(expression) <= _WIDEST
        if narrow and any(isinstance(one, Call) and self._stands(one) for one in inside):
            # Brackets as high as what they hold.
            return Markup("<math>{}</math>").format(self._math_function(expression))
        alone = 0 if len(inside) == 1 else _LISTED
        listed = Markup(", ").join(self._flow(one, alone) for one in inside)
        return head + Markup("({})").format(listed) if inside else head

    def _row(self, expression: Call, outside: int) -> Markup:
        """Write operands in a row; long sums are trees as deep as they are long."""
        sign, strength = INFIX[expression.function]
        parts = []
        first: Expression = expression
        while (
            isinstance(first, Call)
            and len(first.arguments) == 2
            and INFIX.get(first.function, ("", 0))[1] == strength
            and strength in _CHAINS
            and (first is expression or not self._stands(first))
        ):
            parts.append((INFIX[first.function][0], first.arguments[1]))
            first = first.arguments[0]
        if not parts:
            parts, first = [(sign, expression.arguments[1])], expression.arguments[0]
        row = self._flow(first, strength + (strength not in _CHAINS))
        for sign, operand in reversed(parts):
            word = Markup('<span class="w">{}</span>').format(sign) if sign.isalpha() else sign
            row += Markup(" {} {}").format(word, self._flow(operand, strength + 1))
        return _bracketed(row, strength < outside)

    def _stands(self, call: Call) -> bool:
        """Tell whether a call is written with MathML here: what is narrow and not in a row."""
        narrow = self._width(call) <= _WIDEST
        if call.function == "/":
            return max(self._width(one) for one in call.arguments) <= _WIDEST
        if call.function in OVER:
            return narrow and bool(_ranges(call.arguments[0]))
        return narrow and call.function in ("^", "ABS", "SQRT", "IF THEN ELSE")

    def _head(self, call: Call) -> tuple[Markup, tuple[Expression, ...]]:
        """Give the name of a function as it is written, and the arguments that follow it."""
        function, arguments = call.function, call.arguments
        if function.startswith("LOOKUP") and arguments:
            if isinstance(arguments[0], Reference):
                return self._reference(arguments[0]), arguments[1:]
            return Markup('<span class="fn">table</span>'), arguments[1:]
        if function == "WITH LOOKUP":
            self.used[function] = None
            return Markup('<span class="fn">table</span>'), arguments[:1]
        if function in OVER and (over := _ranges(arguments[0])):
            ranges = visible(", ".join(over))
            return Markup("{}<sub>{}</sub>").format(OVER[function], ranges), arguments
        if function == "LOG" and len(arguments) == 2 and isinstance(arguments[1], Number):
            base = exact(arguments[1].value)
            return Markup("log<sub>{}</sub>").format(base), arguments[:1]
        anchor = self.anchors.get("macro " + canonical(function))
        if anchor:
            link = '<a class="fn" href="#{}">{}</a>'
            return Markup(link).format(anchor, visible(function)), arguments
        self.used[function] = None
        if function in SHORT:
            return escape(SHORT[function]), arguments
        return Markup('<span class="fn">{}</span>').format(visible(function)), arguments

    def _atom(self, expression: Expression) -> Markup:
        match expression:
            case Number(value):
                return escape(":NA:" if value == NA else exact(value))
            case Text(value):
                return escape(f"‘{visible(value)}’")
            case Reference():
                return self._reference(expression)
            case Array(values, shape):
                return escape(f"({', '.join(map(exact, values))})" if len(shape) == 1 else "(…)")
        return Markup('<span class="fn">table</span>')

    def _reference(self, reference: Reference) -> Markup:
        anchor = self.anchors.get(canonical(reference.name))
        name = escape(_plain_name(reference.name))
        if anchor:
            name = Markup('<a href="#{}">{}</a>').format(anchor, name)
        return name + _index(reference.subscripts)

    # MathML, for what does not stand in a row ------------------------------------------------

    def _math(self, expression: Expression, outside: int = 0) -> Markup:
        if not isinstance(expression, Call):
            return _math_bracketed(self._math_atom(expression), _loose(expression, outside))
        function, arguments = expression.function, expression.arguments
        if function == "/":
            top, bottom = (self._math(one) for one in arguments)
            line = Markup("<mfrac><mrow>{}</mrow><mrow>{}</mrow></mfrac>").format(top, bottom)
            return _math_bracketed(line, outside > INFIX["^"][1])
        if function == "^":
            base, power = self._math(arguments[0], _ATOM), self._math(arguments[1])
            raised = Markup("<msup><mrow>{}</mrow><mrow>{}</mrow></msup>").format(base, power)
            return _math_bracketed(raised, outside > INFIX["^"][1])
        if function in INFIX and len(arguments) == 2:
            sign, strength = INFIX[function]
            left = self._math(arguments[0], strength + (strength not in _CHAINS))
            right = self._math(arguments[1], strength + 1)
            inner = left + _SIGN.format(sign) + right
            return _math_bracketed(inner, strength < outside)
        if function in PREFIX:
            sign, strength = PREFIX[function]
            inner = Markup("<mo>{}</mo>").format(sign) + self._math(arguments[0], strength)
            return _math_bracketed(inner, strength < outside or _after(outside))
        return self._math_function(expression, outside)

    def _math_function(self, call: Call, outside: int = 0) -> Markup:
        function, arguments = call.function, call.arguments
        if function == "ABS":
            return Markup("<mrow><mo>|</mo>{}<mo>|</mo></mrow>").format(self._math(arguments[0]))
        if function == "SQRT":
            return Markup("<msqrt>{}</msqrt>").format(self._math(arguments[0]))
        if function in OVER and (over := _ranges(arguments[0])):
            sign, ranges = OVER[function], visible(", ".join(over))
            under = Markup("<munder><mo>{}</mo><mtext>{}</mtext></munder>").format(sign, ranges)
            all_of_them = Markup("<mrow>{}{}</mrow>").format(under, self._math(arguments[0], 60))
            return _math_bracketed(all_of_them, outside >= INFIX["*"][1])
        if function == "IF THEN ELSE":
            return _math_bracketed(self._math_cases(call), outside > 0)
        head, inside = self._head(call)
        alone = 0 if len(inside) == 1 else _LISTED
        listed = Markup("<mo>,</mo>").join(self._math(one, alone) for one in inside)
        # Browsers set what stands directly in mtext one below the other.
        name = Markup("<mtext><span>{}</span></mtext>").format(head)
        if not inside:
            return name
        return Markup("<mrow>{}<mo>(</mo>{}<mo>)</mo></mrow>").format(name, listed)

    def _math_cases(self, call: Call) -> Markup:
        rows = Markup("")
        for value, condition in _branches(call):
            when = (
                Markup("<mtext>otherwise</mtext>")
                if condition is None
                else Markup("<mtext>if\u00a0</mtext>") + self._math(condition)
            )
            rows += Markup("<mtr><mtd>{}</mtd><mtd>{}</mtd></mtr>").format(self._math(value), when)
        return Markup('<mrow><mo>{{</mo><mtable class="c">{}</mtable></mrow>').format(rows)

    def _math_atom(self, expression: Expression) -> Markup:
        if isinstance(expression, Number) and expression.value != NA:
            return Markup("<mn>{}</mn>").format(exact(expression.value))
        if isinstance(expression, Reference) and expression.subscripts:
            bare = self._reference(Reference(expression.name))
            below = visible(", ".join(one.rstrip("!") for one in expression.subscripts))
            pair = "<msub><mtext>{}</mtext><mtext>{}</mtext></msub>"
            return Markup(pair).format(bare, below)
        return Markup("<mtext>{}</mtext>").format(self._atom(expression))

    def _width(self, expression: Expression) -> int:
        """Estimate how many letters wide an expression is in one row."""
        known = self._widths.get(id(expression))
        if known is None:
            known = self._widths[id(expression)] = self._measure(expression)
        return known

    def _measure(self, expression: Expression) -> int:
        match expression:
            case Call("/" | "^", (left, right)):
                return max(self._width(left), self._width(right)) + 1
            case Call("IF THEN ELSE"):
                rows = _branches(expression)
                return max(self._width(a) + (self._width(b) if b else 9) for a, b in rows) + 6
            case Call(function, arguments):
                name = 0 if function in INFIX or function.startswith("LOOKUP") else len(function)
                return name + 3 + sum(self._width(one) + 1 for one in arguments)
            case Reference(name, subscripts):
                return sum(_letters(one) for one in (name, *subscripts))
            case Number(value):
                return len(exact(value))
            case Text(value):
                return _letters(value)
        return 8


def _branches(call: Expression) -> list[tuple[Expression, Expression | None]]:
    """Take nested IF THEN ELSE apart: values with their conditions, the last without one."""
    rows: list[tuple[Expression, Expression | None]] = []
    while isinstance(call, Call) and call.function == "IF THEN ELSE":
        condition, yes, call = call.arguments
        rows.append((yes, condition))
    return [*rows, (call, None)]


def _ranges(expression: Expression) -> list[str]:
    """Give the subscripts that a SUM runs over: those with an exclamation mark."""
    if isinstance(expression, Reference):
        return [one.rstrip("!") for one in expression.subscripts if one.endswith("!")]
    if isinstance(expression, Call) and expression.function not in OVER:
        return list(dict.fromkeys(n for one in expression.arguments for n in _ranges(one)))
    return []


def _after(outside: int) -> bool:
    """Tell whether a minus sign here would follow an operator, or stand below a power."""
    return outside in (51, 61) or outside >= 70


def _loose(expression: Expression, outside: int) -> bool:
    """Tell whether a number needs brackets: one below zero, or a product, as 2×10⁻⁵ is."""
    if not isinstance(expression, Number) or expression.value == NA:
        return False
    product = "×" in exact(expression.value) and (outside == 61 or outside > 70)
    return product or (expression.value < 0 and _after(outside))


def _plain_name(name: str) -> str:
    """Write a name in quotes where its signs could be taken for those of the equation."""
    return f"‘{visible(name)}’" if _SIGNS.search(name) else visible(name)


def _letters(text: str) -> int:
    """Count columns: letters of scripts such as Chinese are twice as wide."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def _name(name: str) -> Markup:
    return Markup("<b>{}</b>").format(visible(name))


def _index(subscripts: tuple[str, ...]) -> Markup:
    if not subscripts:
        return Markup("")
    listed = visible(", ".join(one.rstrip("!") for one in subscripts))
    return Markup("<sub>{}</sub>").format(listed)


def _bracketed(inner: Markup, needed: bool) -> Markup:
    return Markup("({})").format(inner) if needed else inner


def _math_bracketed(inner: Markup, needed: bool) -> Markup:
    return Markup("<mrow><mo>(</mo>{}<mo>)</mo></mrow>").format(inner) if needed else inner
