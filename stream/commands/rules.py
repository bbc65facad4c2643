"""`deskpulse rules`: the alert rules of Prometheus."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

NAME = "rules"


class Format(StrEnum):
    """What is printed."""

    YAML = "yaml"
    MARKDOWN = "markdown"


def command(
    *,
    grafana: Annotated[str, typer.Option(help="Address of Grafana, to which alerts link.")] = "http://127.0.0.1:3000",
    site: Annotated[
        str, typer.Option(help="Address of `serve`, where the runbooks and lists of conversations are.")
    ] = "http://127.0.0.1:8420",
    fmt: Annotated[Format, typer.Option("--format", help="The rules, or a page about them.")] = Format.YAML,
) -> None:
    """Print the alert rules for Prometheus, from 2.42 on, as the definitions have their targets.

    Takes `service_level.target` and `agents.utilisation_warning` from the file of DESKPULSE_DEFINITIONS. Targets of
    waits are metrics: another one needs no other rules.

    **Examples**

    `deskpulse rules > deskpulse.rules.yml && promtool check rules deskpulse.rules.yml`

    `deskpulse rules --grafana https://grafana.example.org --site https://deskpulse.example.org > deskpulse.rules.yml`
    """
    import sys

    from stream.alerting import Bases, as_markdown, as_yaml, groups
    from stream.alerting.addresses import address
    from stream.offline import definitions_of
    from stream.settings import load

    bases = Bases(grafana=address("--grafana", grafana), site=address("--site", site))
    made = groups(definitions_of(load()))
    sys.stdout.write(as_markdown(made) if fmt is Format.MARKDOWN else as_yaml(made, bases))
