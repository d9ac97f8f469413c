"""The labels of a study in one language.

A variable or unit that the study has no label for keeps the name that the model gives it. A label
that has no text in the language is an error that names its place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from flatgov.errors import FlatgovError, StudyError, nearest_names
from flatgov.figures.words import MONTHS, WORDS
from flatgov.study.units import same_units

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

    from flatgov.study import Study

Language = Literal["en", "zh"]
_NO_UNITS = ("dmnl", "1", "dimensionless")


def check_language(lang: str) -> None:
    """Refuse a language that the figures do not speak.

    Raises:
        FlatgovError: The language is neither ``"en"`` nor ``"zh"``.
    """
    if lang not in ("en", "zh"):
        raise FlatgovError(
            f"figures do not speak '{lang}'",
            nearest=nearest_names(lang, ("en", "zh")),
            fix="choose one of en, zh",
        )


def word(lang: str, key: str, **parts: object) -> str:
    """Give one of the figures' own words with its gaps filled."""
    return WORDS[key][lang].format(**parts)


def _whole(name: str, known: Collection[str]) -> str:
    """Give the variable of an element ``staff[A]``; any other name is its own."""
    return name if name in known else name.partition("[")[0]


def capital(label: str) -> str:
    """Begin a label with a capital letter, as titles do."""
    return label[:1].upper() + label[1:]


def date_text(lang: str, date: np.datetime64) -> str:
    """Write a date as month and year, without asking the machine's locale."""
    year, month = str(date.astype("datetime64[M]")).split("-")
    return f"{MONTHS[int(month) - 1]} {year}" if lang == "en" else f"{year}年{int(month)}月"


@dataclass(frozen=True)
class Text:
    """What the figures of one study call things, in one language.

    Attributes:
        study: The study.
        lang: ``"en"`` or ``"zh"``.
        unlabelled: Fills, while figures are drawn, with the variables and units that keep the
            model's English names in another language, each as a notice quotes it.
    """

    study: Study
    lang: str
    unlabelled: dict[str, None] = field(default_factory=dict)

    def word(self, key: str, **parts: object) -> str:
        """Give one of the figures' own words with its gaps filled."""
        return word(self.lang, key, **parts)

    def subtitle(self, key: str, **parts: object) -> str:
        """Give the study's title followed by how to read a figure."""
        title = self.study.title[self.lang]
        return self.word("with title", title=title, text=self.word(key, **parts))

    def label(self, label: Mapping[str, str], where: str) -> str:
        """Take a label of the study in the language.

        Raises:
            StudyError: The label has no text in this language; the message names the key.
        """
        if not label.get(self.lang, "").strip():
            raise StudyError(
                f"no label for the language '{self.lang}'",
                where=where,
                fix=f'add {self.lang} = "…" there',
            )
        return label[self.lang]

    def policy(self, policy: str) -> str:
        """Name a policy."""
        return self.label(
            self.study.policies[policy].label, f"policies.toml: policies.{policy}.label"
        )

    def scenario(self, scenario: str) -> str:
        """Name a scenario."""
        return self.label(
            self.study.scenarios[scenario].label, f"scenarios.toml: scenarios.{scenario}.label"
        )

    def variable(self, name: str) -> str:
        """Name a variable; it is the model's own name unless the study has another.

        An element of a variable with subscripts, ``staff[A]``, has the name of the variable.
        """
        labels = self.study.figures.labels
        whole = _whole(name, labels)
        if whole != name and whole in labels:
            return self.variable(whole) + name[len(whole) :]
        label = labels.get(name)
        if label is None or label.en is label.zh is None:
            return self._own(name, f"'{name}'")
        if self.lang == "en" and label.en is None:
            return name
        texts = {"en": label.en or "", "zh": label.zh or ""}
        return self.label(texts, f'figures.toml: labels."{name}"')

    def _own(self, name: str, quoted: str) -> str:
        """Keep what the model calls something, and note that where it is not in the language."""
        if self.lang != "en":
            self.unlabelled[quoted] = None
        return name

    def unit(self, variable: xr.DataArray, *, bounds: bool = True) -> str:
        """Name the units of a variable.

        Args:
            variable: With the attribute ``units``.
            bounds: Whether to add the range where the model bounds a ratio to 0 to 1; a
                difference has another range.
        """
        whole = _whole(str(variable.name), self.study.figures.labels)
        own = self.study.figures.labels.get(whole)
        units = str(variable.attrs.get("units", "")).strip()
        labels = self.study.figures.units
        label = next((labels[key] for key in labels if same_units(key, units)), {})
        if own is not None and own.unit is not None:
            name = self.label(own.unit, f'figures.toml: labels."{whole}".unit')
        elif self.lang in label:
            name = self.label(label, "")
        elif units.lower() in _NO_UNITS:
            name = self.word("Dmnl")
        elif not units:
            name = self.word("no units")
        elif label and self.lang != "en":
            name = self.label(label, f'figures.toml: units."{units}"')
        else:
            name = self._own(units, f"the unit '{units}'")
        return name + (self._range(str(variable.name), units) if bounds else "")

    def _range(self, name: str, units: str) -> str:
        variables = self.study.model.variables
        model_variable = variables.get(_whole(name, variables))
        bounded = model_variable is not None and model_variable.limits == (0.0, 1.0)
        return self.word("comma") + "0–1" if bounded and units.lower() in _NO_UNITS else ""

    def heading(self, variable: xr.DataArray) -> str:
        """Name a variable with its units, as axis labels do."""
        return self.word(
            "heading", name=self.variable(str(variable.name)), unit=self.unit(variable)
        )
