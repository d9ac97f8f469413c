"""The page: complete, by itself, readable, and harmless whatever stands in the files."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html

import flatgov as fg
from flatgov.check.findings import Finding, Outcome
from flatgov.check.page import page_text, write_page
from flatgov.check.page.results import results, verdict
from flatgov.check.page.study_part import spread
from flatgov.check.report import Report
from flatgov.check.subject import Check, Subject

TIMES = "INITIAL TIME = 0 ~~| FINAL TIME = 4 ~~| TIME STEP = 1 ~~| SAVEPER = 1 ~~|"
CHECK = Check(
    "unused", "Everything is used", "Is it?", lambda one: Outcome("unused"), ("sterman2000",)
)


def model_report(model: fg.Model, *findings: Finding, **data: object) -> Report:
    outcome = Outcome("unused", findings, "looked at 3 variables", data)
    return Report(
        "m.mdl",
        Subject(model),
        {"unused": CHECK},
        (outcome,),
        {"flatgov": "0", "Python": "3"},
        "2026-01-01T00:00:00+00:00",
        "flatgov check m.mdl",
    )


def load(folder: Path, equations: str) -> fg.Model:
    file = folder / "m.mdl"
    file.write_text("{UTF-8}\n" + equations + TIMES, encoding="utf-8")
    return fg.load_model(file)


@pytest.fixture
def office(write_study: Callable[..., Path]) -> Report:
    study = fg.open_study(write_study())
    base = model_report(study.model)
    return replace(base, subject=Subject(study.model, study))


def tree(page: str) -> html.HtmlElement:
    return html.document_fromstring(page)


def seen(page: str) -> str:
    """Give what a reader sees: all text but scripts and styles."""
    body = tree(page).xpath("//body")[0]
    for one in body.xpath("//script|//style"):
        one.drop_tree()
    return " ".join(body.text_content().split())


def test_every_address_is_a_place_on_the_page(office: Report) -> None:
    page = tree(page_text(office))
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    targets = [one for one in page.xpath("//@href") if one.startswith("#")]
    assert len(targets) > 40
    assert {one[1:] for one in targets} <= set(ids)
    named = page.xpath("//@aria-labelledby")
    assert set(named) <= set(ids)


def test_it_needs_nothing_from_elsewhere(office: Report) -> None:
    text = page_text(office)
    page = tree(text)
    assert not page.xpath("//@src|//link|//iframe|//object|//embed|//base|//form|//img")
    assert "@import" not in text
    assert "url(" not in text
    others = [one for one in page.xpath("//@href") if not one.startswith(("#", "data:"))]
    assert others
    assert all(one.startswith("https://doi.org/10.") for one in others)


def test_only_its_own_script_may_run(office: Report) -> None:
    page = tree(page_text(office))
    scripts = page.xpath("//script")
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].text.encode()).digest()).decode()
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy


def test_headings_go_down_one_level_at_a_time(office: Report) -> None:
    levels = [int(one.tag[1]) for one in tree(page_text(office)).xpath("//h1|//h2|//h3|//h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    steps = itertools.pairwise(levels)
    assert all(after <= before + 1 for before, after in steps)


def test_landmarks_and_heads_of_tables(office: Report) -> None:
    page = tree(page_text(office))
    assert page.get("lang") == "en"
    assert [len(page.xpath(f"//{one}")) for one in ("main", "nav", "header")] == [1, 1, 1]
    assert all(table.xpath(".//th[@scope]") for table in page.xpath("//table"))
    assert all(one.get("role") == "img" and one.get("aria-label") for one in page.xpath("//svg"))


def test_it_says_what_the_study_says(office: Report) -> None:
    text = seen(page_text(office))
    for part in (
        "A tiny office",
        "Staff [Person] stock",
        "Allowed: 0 to 500",
        "What the budget allows.",
        "set to 10 Person/Month",
        "from 2020-07, growing over 6 Month",
        "multiplied by 0.5",
        "raised by 50 Task/Month",
        "the whole run",
        "reference policy",
        "B1 Leaving 离职 balancing",
        "Staff → leaving → Staff",
        "Someone (2020). On offices.",
        "not tested: No number is given.",
        "Sterman 2000",
    ):
        assert part in text, part


def test_what_is_missing_is_shown_as_missing(tmp_path: Path) -> None:
    text = seen(page_text(model_report(load(tmp_path, "a = 1 ~~|"))))
    assert "no unit" in text
    assert "no comment" in text
    assert "0 of 1 variable with a unit" in text


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</style></title></textarea><svg/onload=alert(1)>",
    '"><a href="javascript:alert(1)">x</a>',
    "javascript:alert(1)",
    "{{ 7*7 }}{% raw %}",
    "<!--", "]]>", "&lt;b&gt;", "<mtext><script>alert(1)</script></mtext>",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_files_is_text(text: str, tmp_path: Path) -> None:
    model = load(tmp_path, "a = 1 ~~| b = a * 2 ~~| t((0,0),(1,1)) ~~| c = t(b) ~~|")
    variables = {
        f"{name}{text}": replace(
            variable, name=f"{name}{text}", units=text, documentation=text, group=text
        )
        for name, variable in model.variables.items()
    }
    evil = replace(model, name=text, variables=variables, subscripts={text: (text, text)})
    finding = Finding(
        *("unused", "warning", text, text, text, 0, text),
        evidence=text,
        nearest=(text,),
        fix=text,
        cause=text,
    )
    report = model_report(evil, finding, finding, **{text: [{text: text, "n": 1}]})
    report = replace(report, path=text, command=text, versions={text: text}, created_at=text)
    subject = Subject(evil)
    subject.__dict__["base"] = {}
    page = page_text(replace(report, subject=subject))
    elements = tree(page)
    assert len(elements.xpath("//script")) == 1
    assert len(elements.xpath("//style")) == 1
    assert not elements.xpath("//img|//iframe|//textarea|//@onerror|//@onload|//comment()")
    assert not [one for one in elements.xpath("//@href") if "javascript" in one.lower()]
    shown = " ".join(text.split())
    assert seen(page).count(shown) > 15


def test_the_same_for_the_files_of_a_study(write_study: Callable[..., Path]) -> None:
    bad = "<script>alert(1)</script>"
    folder = write_study()
    for file in folder.glob("*.toml"):
        content = file.read_text(encoding="utf-8")
        content = re.sub(
            r'^(citation|text|reason|description) = "', rf"\g<0>{bad}", content, flags=re.MULTILINE
        )
        content = re.sub(r'en = "', rf"\g<0>{bad}", content)
        file.write_text(content, encoding="utf-8")
    study = fg.open_study(folder)
    report = replace(model_report(study.model), subject=Subject(study.model, study))
    page = page_text(report)
    assert len(tree(page).xpath("//script")) == 1
    assert seen(page).count(bad) > 8


def test_what_turns_or_hides_text_is_made_visible(tmp_path: Path) -> None:
    model = load(tmp_path, "a = 1 ~~safe\u202eelif\u200b\u2066 and \x1b[31m|")
    page = page_text(model_report(model))
    assert "safe⟨U+202E⟩elif⟨U+200B⟩⟨U+2066⟩" in page
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00-\x08\x0b-\x1f]", page)


def test_half_a_character_can_be_written(tmp_path: Path) -> None:
    finding = Finding("unused", "note", "\ud800 is no letter")
    report = model_report(load(tmp_path, "a = 1 ~~|"), finding)
    write_page(report, tmp_path / "page.html")
    assert "⟨U+D800⟩ is no letter" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_model_file_can_be_taken_out_again(tmp_path: Path) -> None:
    model = load(tmp_path, "a = 1 ~~ <b>|")
    address = tree(page_text(model_report(model))).xpath("//a[@download]/@href")[0]
    assert base64.b64decode(address.partition(",")[2]) == model.source


def test_findings_stand_by_cause_with_the_line_of_the_file(tmp_path: Path) -> None:
    model = load(tmp_path, "a = bb + 1 ~~| bb = 2 ~~|")
    one = Finding("unused", "warning", "it is odd", model.path, "a", 2, "bb", cause="odd things")
    others = [replace(one, what=f"number {i} is odd") for i in range(9)]
    kept = replace(one, what="kept", accepted="we like it", cause="")
    page = page_text(model_report(model, *others, kept))
    assert "<b>odd things</b>, 9 times" in page
    assert "<mark>bb</mark>" in page
    assert 'line 2, <a href="#v0">a</a>' in page
    assert "5 more</summary>" in page
    assert "we like it" in seen(page)
    assert str(tmp_path) not in page
    assert "9 warnings, 1 accepted" in seen(page)


def test_a_model_that_cannot_be_read_has_a_page(tmp_path: Path) -> None:
    finding = Finding("reading", "error", "'b' is not defined", "m.mdl", "a", 1, nearest=("bb",))
    reading = replace(CHECK, id="reading", title="The files can be read")
    outcome = Outcome("reading", (finding,), "cannot be read")
    report = Report("m.mdl", None, {"reading": reading, "unused": CHECK}, (outcome,))
    page = seen(page_text(report))
    assert "The model cannot be read: 1 error." in page
    assert "'b' is not defined" in page
    assert "not done" in page
    assert "missing" in page


def test_a_model_that_cannot_run_has_a_page(tmp_path: Path) -> None:
    model = load(tmp_path, "a = GET DATA FIRST TIME(d) ~~| d ~~| s = INTEG(a, 1) ~~|")
    page = seen(page_text(model_report(model)))
    assert "own run could not be made" in page


def test_a_model_whose_values_are_infinite_says_so_at_once(tmp_path: Path) -> None:
    model = load(tmp_path, "zero = 0 ~~| a = 1 / zero ~~| b = a - a ~~|")
    page = tree(page_text(model_report(model)))
    head = " ".join(page.xpath("//header")[0].text_content().split())
    assert "2 of 3 variables come to infinity or to no number at all" in head
    assert page.xpath("//header/p[@class='verdict error']")
    good = page_text(model_report(load(tmp_path, "a = 1 ~~|")))
    assert "infinity" not in seen(good)


def test_a_model_that_draws_nothing_has_no_draws(tmp_path: Path) -> None:
    assert "draws" not in seen(page_text(model_report(load(tmp_path, "a = 1 ~~|"))))
    noisy = load(tmp_path, "a = RANDOM UNIFORM(0, 1, 2) ~~|")
    assert "the random functions of the model, seed 0" in seen(page_text(model_report(noisy)))


def test_one_is_not_many(tmp_path: Path) -> None:
    text = seen(page_text(model_report(load(tmp_path, "a = 1 ~~|"))))
    assert not re.search(r"(?<!of )(?<![\d,])\b1 (are|have|variables|items|constants)\b", text)
    assert "1 is met in part" in text


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        ("0 of 0 outflows stop with their stock", "nothing to check"),
        ("0 constants and stocks have limits; 0 lie outside them", "nothing to check"),
        ("0 remarks on 0 lookups, of which 0 are data", "nothing to check"),
        ("0 remarks on 10 lookups, of which 0 are data", "passed"),
        ("10 of 10 outflows stop with their stock", "passed"),
        ("0 constants and lookups without a use", "passed"),
    ],
)
def test_what_had_nothing_to_look_at_has_not_passed(
    summary: str, said: str, tmp_path: Path
) -> None:
    base = model_report(load(tmp_path, "a = 1 ~~|"))
    report = replace(base, outcomes=(Outcome("unused", summary=summary),))
    assert results(report)[0].said == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("uniform 0, 0.5", "uniform from 0 to 0.5"),
        ("triangular 4, 7, 10", "triangular: lowest 4, most likely 7, highest 10"),
        (
            "lognormal 0.25, 0.35, at most 1",
            "lognormal: median 0.25, standard deviation of the logarithm 0.35, at most 1",
        ),
        ("normal 1, 2, within 0 to 3", "normal: mean 1, standard deviation 2, within 0 to 3"),
        ("discrete 4 (10 %), 5 (90 %)", "discrete 4 (10 %), 5 (90 %)"),
        ("scipy.gamma a = 2", "scipy.gamma a = 2"),
    ],
)
def test_the_numbers_of_a_distribution_have_names(text: str, said: str) -> None:
    assert spread(text) == said


def test_the_verdict_counts(tmp_path: Path) -> None:
    model = load(tmp_path, "a = 1 ~~|")
    kept = Finding("unused", "warning", "x", accepted="so")
    assert verdict(model_report(model)) == "1 check found no errors, no warnings and no notes."
    said = verdict(model_report(model, Finding("unused", "error", "x"), kept))
    assert said == (
        "1 check found 1 error, no warnings and no notes; 1 further finding is accepted with a "
        "reason."
    )


def test_subscripts_arrays_and_macros_are_shown(tmp_path: Path) -> None:
    equations = (
        ":MACRO: TWICE(x) TWICE = x * 2 ~~| :END OF MACRO: "
        "region : north, south ~~| rate[region] = 3, 4 ~ 1/Year ~| "
        "total = SUM(rate[region!]) ~ 1/Year ~| more = TWICE(total) ~~| "
    )
    page = page_text(model_report(load(tmp_path, equations)))
    text = seen(page)
    assert re.search("region *2 *north, south", text)
    assert re.search("north.{0,9}south.{0,9}3.{0,9}4", text)
    assert '<a class="fn" href="#m0">TWICE</a>' in page
    assert "<munder>" in page


def test_the_longgang_page_is_light() -> None:
    study = fg.open_study("sd_models/longgang")
    report = replace(model_report(study.model), subject=Subject(study.model, study))
    assert len(page_text(report).encode()) < 1_500_000
