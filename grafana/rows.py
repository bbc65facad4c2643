"""Tables: a row for each queue (agent's state, source, instance), a column for each number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.builders import prometheus, table
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana import links
from grafana.panels import SOURCE
from grafana.scale import coloured, words
from grafana.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grafana_foundation_sdk.builders.dashboard import DashboardLink


STATE: Final = "State"


def rows(
    title: str,
    columns: Sequence[Shown],
    *,
    keys: Sequence[str],
    labels: Sequence[str] = (),
    description: str,
    link: DashboardLink | None = None,
    width: int = 24,
    height: int = 10,
) -> table.Panel:
    """Return a table with a row for each label set of *keys*, sorted by the first column.

    Before the numbers stands the worst that is to be said of them, in a word. *labels* are those of the columns, if not
    *keys*. A click on a number opens who is behind it; *link* is that of the first key.
    """
    first = columns[0].title
    columns = [*_state(columns, labels or keys), *columns]
    panel = (
        table.Panel()
        .title(title)
        .description(description + "".join(f" {each.title}: {each.description}" for each in columns))
        .datasource(SOURCE)
        .unit("short")
        .no_value("–")
        .span(width)
        .height(height)
        .filterable(True)  # noqa: FBT003 - the builder's own name
    )
    refs = [chr(ord("A") + index) for index in range(len(columns))]
    # A single query is not numbered: its column is named plainly.
    values = [f"Value #{ref}" for ref in refs] if len(refs) > 1 else ["Value"]
    names = {value: shown.title for value, shown in zip(values, columns, strict=True)}
    for ref, shown in zip(refs, columns, strict=True):
        query = prometheus.Dataquery().ref_id(ref).expr(shown.expression).instant().format(PromQueryFormat.TABLE)
        panel = panel.with_target(query)
        panel = panel.override_by_name(shown.title, _column(shown))
    places = {name: index for index, name in enumerate((*keys, *names))}
    hidden = {"Time": True, "tenant": True}
    organized = {"excludeByName": hidden, "indexByName": places, "renameByName": names}
    by_first = {"fields": {}, "sort": [{"field": first, "desc": True}]}
    steps = {"merge": {}, "organize": organized, "sortBy": by_first}
    for name, options in steps.items():
        panel = panel.with_transformation(DataTransformerConfig(id_val=name, options=options))
    if link is None:
        return panel
    return panel.override_by_name(keys[0], [DynamicConfigValue(id_val="links", value=[link.build().to_json()])])


def _state(columns: Sequence[Shown], labels: Sequence[str]) -> list[Shown]:
    """Return the column that says in a word what is the worst of the others; nothing if they have no scale."""
    judged = [each.scale.judged(each.expression) for each in columns if each.scale]
    if not judged:
        return []
    # Each has a label of its own, so that none hides another.
    marked = [f'label_replace({each}, "of", "{number}", "", "")' for number, each in enumerate(judged)]
    expression = f"max by ({', '.join(labels)}) ({' or '.join(marked)})"
    of = ", ".join(each.title for each in columns if each.scale)
    return [Shown(title=STATE, expression=expression, unit=STATE, help=f"The worst word of {of}.")]


def _column(shown: Shown) -> list[DynamicConfigValue]:
    if shown.unit == STATE:
        return [*words(), DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"})]
    properties = [DynamicConfigValue(id_val="unit", value=shown.grafana_unit)]
    if shown.unit == "ratio":
        properties.append(DynamicConfigValue(id_val="decimals", value=1))
    if shown.scale:
        properties += [
            DynamicConfigValue(id_val="thresholds", value=shown.scale.thresholds().build().to_json()),
            DynamicConfigValue(id_val="color", value=coloured().build().to_json()),
            DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}),
        ]
    if opened := shown.links(links.OF_THE_ROW, at=links.AT_THE_END):
        properties.append(DynamicConfigValue(id_val="links", value=[link.build().to_json() for link in opened]))
    return properties
