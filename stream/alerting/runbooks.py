"""When an alert fires, as its runbook says it: below the heading Meaning, made of the same entry as the rule.

Such as "**DeskpulseOldestWait** fires when: … For: 1 min, then kept for 10 min. Guard: …", for each alert. What is
written by hand follows, after an empty line.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Final

from stream.alerting.rules import Alert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stream.alerting.rules import Group

HEADING: Final = "## Meaning\n\n"
BULLET: Final = "- **"
WIDTH: Final = 118
_UNITS: Final = {"s": "s", "m": "min", "h": "h"}


def with_conditions(text: str, slug: str, groups: Iterable[Group]) -> str:
    """Return the runbook *slug*, of which *text* is the Markdown, with when its alerts fire in place of what it says.

    ValueError if it has no Meaning, as there is no place for it then.
    """
    head, heading, rest = text.partition(HEADING)
    if not heading:
        message = f"{slug}: there is no heading Meaning with an empty line below it"
        raise ValueError(message)
    if rest.startswith(BULLET):
        rest = rest.partition("\n\n")[2]
    said = "\n".join(line for alert in _alerts(groups) if alert.slug == slug for line in _said(alert))
    return f"{head}{heading}{said}\n\n{rest}"


def _alerts(groups: Iterable[Group]) -> Iterator[Alert]:
    yield from (rule for group in groups for rule in group.rules if isinstance(rule, Alert))


def _said(alert: Alert) -> list[str]:
    holds = f"For: {_duration(alert.holds)}" if alert.holds else "At once"
    keeps = f", then kept for {_duration(alert.keeps)}" if alert.keeps else ""
    text = f"{BULLET}{alert.name}** fires when: {alert.condition}. {holds}{keeps}. Guard: {alert.guard}."
    return wrap(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _duration(text: str) -> str:
    return f"{text[:-1]} {_UNITS[text[-1]]}"
