"""Scales: from which value on a number is to be watched, and from which to be acted on, as colour and as word.

Blue, orange and dark red differ for every kind of eye; a word stands beside the colour all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

BLUE, ORANGE, DARK_RED = "blue", "orange", "dark-red"
WORDS = ("fine", "watch", "act")
_WORD_COLOURS = (BLUE, ORANGE, DARK_RED)
_BAND_COLOURS = (DARK_RED, ORANGE, BLUE, BLUE, BLUE)
WORD = "B"
"""The query whose value is 0, 1 or 2, shown as a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """In the unit of what it judges. `low_is_bad`: *watch* and *act* are reached from above."""

    watch: float
    act: float
    low_is_bad: bool = False

    def thresholds(self) -> ThresholdsConfig:
        """Return the colours by value."""
        if self.low_is_bad:
            steps = [(None, DARK_RED), (self.act, ORANGE), (self.watch, BLUE)]
        else:
            steps = [(None, BLUE), (self.watch, ORANGE), (self.act, DARK_RED)]
        return _thresholds(steps)

    def judged(self, expression: str) -> str:
        """Return an expression that is 0, 1 or 2 where *expression* has a value: fine, watch, act."""
        sign = "<" if self.low_is_bad else ">="
        of = f"({expression})" if " or " in expression else expression
        return f"({of} {sign} bool {self.watch:g}) + ({of} {sign} bool {self.act:g})"

    def words(self) -> list[DynamicConfigValue]:
        """Return the properties that show 0, 1 and 2 as a coloured word."""
        return words()

    def sentence(self, shown: str) -> str:
        """Return what the colours mean, with numbers shown by the format *shown* (`{:.0%}`, `{:g} s`)."""
        watch, act = shown.format(self.watch), shown.format(self.act)
        word = "below" if self.low_is_bad else "from"
        return f"Blue, fine; orange, watch: {word} {watch}; dark red, act: {word} {act}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """Bands with a word each: of what is *below* the first, and from each number of *steps* on; the more the better."""

    below: str
    steps: tuple[tuple[float, str], ...]

    def thresholds(self) -> ThresholdsConfig:
        """Return the colours by value."""
        return _thresholds([*zip((None, *(least for least, _ in self.steps)), _BAND_COLOURS, strict=True)])

    def judged(self, expression: str) -> str:
        """Return an expression that says in which band *expression* is, from 0 on, where it has a value."""
        of = f"({expression})" if " and " in expression else expression
        return " + ".join(f"({of} >= bool {least:g})" for least, _ in self.steps)

    def sentence(self, shown: str) -> str:
        """Return what the words mean, with numbers shown by the format *shown*."""
        said = [f"from {shown.format(least)} on {word}" for least, word in self.steps]
        return f"{self.below.capitalize()} below {shown.format(self.steps[0][0])}; {'; '.join(said)}."

    def words(self) -> list[DynamicConfigValue]:
        """Return the properties that show the number of a band as its coloured word."""
        return _words((self.below, *(word for _, word in self.steps)), _BAND_COLOURS)


def words() -> list[DynamicConfigValue]:
    """Return the properties that show 0, 1 and 2 as a coloured word."""
    return _words(WORDS, _WORD_COLOURS)


def _words(texts: tuple[str, ...], colours: tuple[str, ...]) -> list[DynamicConfigValue]:
    mapping = ValueMap(
        options={
            str(index): ValueMappingResult(text=word, color=colour, index=index)
            for index, (word, colour) in enumerate(zip(texts, colours, strict=True))
        }
    )
    return [
        DynamicConfigValue(id_val="unit", value="none"),
        DynamicConfigValue(id_val="mappings", value=[mapping.to_json()]),
    ]


def coloured() -> FieldColor:
    """Return the colour scheme that follows the thresholds."""
    return FieldColor().mode(FieldColorModeId.THRESHOLDS)


def _thresholds(steps: list[tuple[float | None, str]]) -> ThresholdsConfig:
    return (
        ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value=value, color=colour) for value, colour in steps])
    )
