"""Alerting: the rules of Prometheus, made of tables: targets, burn rates, and an entry for each alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.alerting import burn, conversations, people, pipeline, queues, watching
from stream.alerting.page import as_markdown
from stream.alerting.rules import Bases, Group
from stream.alerting.writing import as_yaml

if TYPE_CHECKING:
    from aggregators.definitions import Definitions

__all__ = ["Bases", "as_markdown", "as_yaml", "groups"]


def groups(definitions: Definitions) -> tuple[Group, ...]:
    """Return every rule there is where *definitions* are in force."""
    target = definitions.service_level_target
    of_queues = (queues.GROUP, burn.group(target), conversations.group(target))
    of_agents = people.group(definitions.utilisation_warning)
    return (*of_queues, of_agents, pipeline.FRESHNESS, pipeline.HEALTH, watching.GROUP)
