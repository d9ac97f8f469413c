"""Every publication that a check names is known, and written as a reference."""

from __future__ import annotations

import re

import pytest

from flatgov.check.catalogue import CHECKS, READING
from flatgov.check.page.guidelines import SOURCE
from flatgov.check.page.results import citation, short_citation
from flatgov.check.sources import SOURCES


@pytest.mark.parametrize("check", [READING, *CHECKS], ids=lambda check: check.id)
def test_checks_name_known_publications(check: object) -> None:
    assert set(getattr(check, "sources", ())) <= set(SOURCES)


def test_the_guidelines_have_their_publication() -> None:
    assert SOURCE in SOURCES


@pytest.mark.parametrize("key", SOURCES)
def test_a_publication_has_authors_and_the_year_of_its_key(key: str) -> None:
    text = SOURCES[key]
    found = re.match(r"(\w[\w-]+) [A-Z]+(?:, [\w-]+ [A-Z]+)* \((\d{4})\)\. \S", text)
    assert found
    assert key.startswith(found[1].lower().replace("-", "_"))
    assert key.endswith(found[2])


def test_a_doi_becomes_a_link_and_all_else_is_text() -> None:
    link = "https://doi.org/10.1002/sdr.1481"
    assert f'<a href="{link}">doi:10.1002/sdr.1481</a>' in citation("rahmandad_sterman2012")
    assert "&lt;183::AID" in citation("barlas1996")
    assert short_citation("forrester_senge1980") == "Forrester & Senge 1980"
    assert short_citation("martinez_moyano2012") == "Martinez-Moyano 2012"
