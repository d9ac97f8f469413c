"""Every mistake of a modeller is one line with the file, the variable and the line."""

import pytest

from flatgov.errors import ModelError
from flatgov.reading import load_model

CONTROLS = "INITIAL TIME = 0 ~~|\nFINAL TIME = 9 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 2 ~~|\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1 ~~|\nb = a\n  + * 2 ~~|", "'b', line 3: two operators follow each other: '+ *';"
         " remove one, or write what is missing between them"),
        ("a = (3 + 4 ~~|", "'a', line 1: '(' is not closed; add ')'"),
        ("a = ~~|", "'a', line 1: the right-hand side is empty; write the equation after '='"),
        ("a + b ~~|", "'a + b', line 1: 'a + b' has no equation; write it as 'name = equation'"),
        ("a = 5 5 ~~|", "'a', line 1: an operator is missing between '5' and '5';"
         " write an operator (+ - * / ^) or a comma between them"),
        ("a = 1e999 ~~|", "'a', line 1: '1e999' is too large for a number;"
         " write a number below 1e308"),
        ("a((0,0),(1)) ~~|", "'a', line 1: '(1)' is no point of a lookup;"
         " write each point as (x, y), with commas between"),
        ("a((0,0),(0,1)) ~~|", "'a', line 1: the lookup has two points at x = 0;"
         " remove or move one of them"),
        ("a((0,0)) ~~|", "'a', line 1: the lookup has only one point; give two or more"),
        ("rate = 1 ~~|\n b = raet ~~|",
         "'b', line 2: the variable 'raet' is not defined; did you mean 'rate'?"),
        ("a = b ~~|\nb = c ~~|\nc = a ~~|",
         "'a', line 1: circular definition: a (line 1) → b (line 2) → c (line 3) → a;"
         " put a stock or a delay into the loop"),
        ("s = INTEG(1, t) ~~|\nt = INTEG(1, s) ~~|",
         "'s', line 1: circular initial value: s (line 1) → t (line 2) → s;"
         " start one of them from a number"),
        ("a = SMOTH(1, 2) ~~|",
         "'a', line 1: there is no function or lookup 'SMOTH'; did you mean 'SMOOTH'?"),
        ("a = MAX(1, 2, 3) ~~|", "'a', line 1: MAX is given 3 arguments and takes 2;"
         " write MAX(a, b)"),
        ("a = SMOOTH(1) ~~|",
         "'a', line 1: SMOOTH is given 1 argument and takes 2; write SMOOTH(x, time)"),
        ("a = MAX(1, delay3i ((2 + 1) * 2, IF THEN ELSE(1, 2, 3))) ~~|",
         "'a', line 1: DELAY3I is given 2 arguments and takes 3;"
         " write DELAY3I(x, time, initial value)"),
        ("b = 1 ~~|\na = b (2) ~~|",
         "'a', line 2: 'b' is no lookup or function, but an argument follows it;"
         " put an operator before the parenthesis"),
        ("b = 1 ~~|\na = A FUNCTION OF(b) ~~|",
         "'a', line 2: the equation is incomplete (A FUNCTION OF); write the equation"),
        ("a = 1 ~~|\nb = 2 ~~|\nA = 3 ~~|",
         "'A', line 3: the variable is already defined on line 1; remove one of the two"),
        ("a = 1 ~ Dmnl ~ doc\nb = 2 ~ Dmnl ~ |",
         "'a', line 1: the definition is not closed; end every definition with '|'"),
        ("a = 1 |", "'a', line 1: the definition has no '~';"
         " write it as 'name = equation ~ units ~ comment |'"),
        ("\"a = 1 ~~|", "'a', line 1: a quote is not closed; write names as \"name\""),
        ("a = 1 ~ Dmnl [0, x] ~|", "'a', line 1: the limits '[0, x]' are not two numbers;"
         " write them as [low, high], with ? for none"),
        ("a = 1 ~ Dmnl [3, 1] ~|",
         "'a', line 1: the lower limit 3 is above the upper limit 1; write [1, 3]"),
        ("a[dim] = 1 ~~|", "'a', line 1: the subscript 'dim' is not defined"),
    ],
)  # fmt: skip
def test_a_wrong_definition(write, text, message):
    path = write(text + "\n" + CONTROLS)
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert str(caught.value) == f"{path}, {message}"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("FINAL TIME = 9 ~~|\n", "",
         ": the control variable FINAL TIME is missing; add 'FINAL TIME = … ~ … ~ |'"),
        ("TIME STEP = 1", "TIME STEP = 0",
         ", 'TIME STEP', line 4: TIME STEP is 0, not above zero;"
         " write the length of a step, such as 0.25"),
        ("FINAL TIME = 9", "FINAL TIME = -9",
         ", 'FINAL TIME', line 3: FINAL TIME -9 is before INITIAL TIME 0;"
         " write a number above 0, or an earlier INITIAL TIME"),
        ("SAVEPER = 2", "SAVEPER = 1.5",
         ", 'SAVEPER', line 5: SAVEPER 1.5 is no multiple of TIME STEP 1;"
         " use 2 times TIME STEP, 2"),
        ("TIME STEP = 1", "TIME STEP = late",
         ", 'TIME STEP', line 4: TIME STEP = 'late' has no fixed number as its value;"
         " write it as a number or an expression of constants"),
        ("TIME STEP = 1 ~~|\nSAVEPER = 2", "TIME STEP = SAVEPER ~~|\nSAVEPER = TIME STEP",
         ", 'TIME STEP', line 4: TIME STEP = 'SAVEPER' has no fixed number as its value;"
         " write it as a number or an expression of constants"),
    ],
)  # fmt: skip
def test_wrong_control_variables(write, before, after, message):
    path = write("late = Time ~~|\n" + CONTROLS.replace(before, after) + "{FINAL TIME}")
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert str(caught.value) == f"{path}{message}"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.mdl", b"", ": the file is empty; give a Vensim or XMILE model"),
        ("a.mdl", b"\x00\x01", ": the file is binary, not text; save the model as .mdl text in"
         " Vensim"),
        ("a.txt", b"a", ": '.txt' is no ending of a model file; give one of .mdl, .xmile, .stmx"),
        ("a.xmile", b"", ": the file is empty; give a Vensim or XMILE model"),
        ("a.mdl", b"a", ", 'a', line 1: the definition is not closed; end every definition with"
         " '|'"),
        ("a.mdl", b"{UTF-8}\n", ": the file defines no variable"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_model(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert str(caught.value) == f"{path}{message}"


def test_a_missing_file(tmp_path):
    path = tmp_path / "none.mdl"
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert str(caught.value) == f"{path}: there is no such file"


def test_a_loop_through_a_stock_or_smooth_is_no_circle(load):
    model = load("s = INTEG(f, 1) ~~| f = g * 2 ~~| g = s ~~| p = SMOOTHI(p * 2, 3, 1) ~~|")
    assert list(model.variables) == ["s", "f", "g", "p"]


def test_a_loop_through_the_time_of_a_delay_is_a_circle(write):
    path = write("a = DELAY1I(1, b, 2) ~~|\nb = a ~~|")
    with pytest.raises(ModelError, match=r"circular definition: a \(line 1\) → b \(line 2\) → a;"):
        load_model(path)


def test_a_long_chain_is_read(load):
    chain = "".join(f"v{i} = v{i + 1} ~~|\n" for i in range(1500))
    assert len(load(chain + "v1500 = 1 ~~|").variables) == 1501


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Time = 1 ~~|", "'Time' is the name of the simulated time"),
        ("TIME((0,0),(1,1)) ~~|", "'TIME' is the name of the simulated time"),
        (":MACRO: M(q) M = q ~~| Time = 3 ~~| :END OF MACRO:", "the simulated time"),
        ("D: a, b ~~| D = 3 ~~|", "'D' is the name of a subscript range"),
        ("D: a, b ~~| E <-> D ~~| e = 3 ~~|", "'e' is the name of a subscript range"),
        ("D: a, b ~~| A = 3 ~~|", "'A' is the name of an element of the subscript range 'D'"),
        ("Time: a, b ~~|", "'Time' is the name of a variable that every model has"),
        ("D: a, saveper ~~|", "'saveper' is the name of a variable that every model has"),
        ("D: d, e ~~| x[D] = 1 ~~|", "'D', line 1: the subscript range has an element of its own"),
        ("D: E, f ~~| E: D, g ~~|", "'D', line 1: .* or is part of itself"),
    ],
)
def test_no_variable_may_have_the_name_of_something_else(load, text, message):
    with pytest.raises(ModelError, match=message) as caught:
        load(text)
    assert "another name" in str(caught.value)


def test_the_names_in_a_macro_are_its_own(load):
    model = load("D: a, b ~~| :MACRO: M(b) M = a * b ~~| a = 3 ~~| :END OF MACRO: y = M(2) ~~|")
    assert model.run()["y"].values[0] == 6.0
