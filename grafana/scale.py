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

    def sentence(self, shown: str) -> str:
        """Return what the colours mean, with numbers shown by the format *shown* (`{:.0%}`, `{:g} s`)."""
        watch, act = shown.format(self.watch), shown.format(self.act)
        word = "below" if self.low_is_bad else "from"
        return f"Blue, fine; orange, watch: {word} {watch}; dark red, act: {word} {act}."


def words() -> list[DynamicConfigValue]:
    """Return the properties that show 0, 1 and 2 as a coloured word."""
    mapping = ValueMap(
        options={
            str(index): ValueMappingResult(text=word, color=colour, index=index)
            for index, (word, colour) in enumerate(zip(WORDS, _WORD_COLOURS, strict=True))
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
