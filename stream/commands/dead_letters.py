"""`deskpulse dead-letters`: look at rejected records, send them again."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Sequence

    from stream.dead_letter_tools import Letter

app = typer.Typer(
    help="Rejected records: list, show, retry.\n\n**Example**\n\n`deskpulse dead-letters list --reason unknown_type`",
    no_args_is_help=True,
)
KafkaOption = Annotated[str | None, typer.Option(help="Kafka's bootstrap servers. [DESKPULSE_KAFKA]")]
ReasonOption = Annotated[str | None, typer.Option(help="Only records rejected for this reason.")]


MOST_OF_A_KEY = 60
"""Characters of one in a table; the other forms have all of it."""


class Format(StrEnum):
    """How the list is printed."""

    TABLE = "table"
    JSON = "json"


@app.command("list")
def list_(
    *,
    reason: ReasonOption = None,
    limit: Annotated[int, typer.Option(min=0, help="Show the latest so many; the counts are of all.")] = 50,
    fmt: Annotated[Format, typer.Option("--format", help="A table for people, or data for programs.")] = Format.TABLE,
    kafka: KafkaOption = None,
) -> None:
    """List rejected records: why, where they stood, when; then how many there are for each reason.

    What they hold is not shown; see `show`.

    **Examples**

    `deskpulse dead-letters list`

    `deskpulse dead-letters list --reason bad_instant --limit 5 --format json`
    """
    import asyncio
    import json
    from collections import Counter

    from stream import log
    from stream.dead_letter_tools import chosen, read
    from stream.settings import load

    chosen((), reason=reason)
    settings = load({"kafka": kafka})
    log.configure(settings)
    letters = chosen(asyncio.run(read(settings, values=False)), reason=reason)
    counts = Counter(letter.reason for letter in letters)
    shown = letters[len(letters) - min(limit, len(letters)) :]
    if fmt is Format.JSON:
        print(
            json.dumps({"letters": [_row(letter) for letter in shown], "counts": dict(counts.most_common())}, indent=1)
        )
        return
    _print_table(shown)
    if len(shown) < len(letters):
        print(f"the latest {len(shown)} of {len(letters)}")
    _print_counts(counts)


@app.command()
def show(
    topic: Annotated[str, typer.Argument(help="Topic in which the record stood.")],
    partition: Annotated[int, typer.Argument(min=0, help="Its partition.")],
    offset: Annotated[int, typer.Argument(min=0, help="Its offset.")],
    *,
    raw: Annotated[bool, typer.Option("--raw", help="Only the bytes, as they are.")] = False,
    kafka: KafkaOption = None,
) -> None:
    """Show one rejected record: headers, key, and its original bytes, which may hold what customers wrote.

    **Examples**

    `deskpulse dead-letters show support.chat 3 1042`

    `deskpulse dead-letters show support.chat 3 1042 --raw > record.bin`
    """
    import asyncio
    import sys

    from stream import log
    from stream.dead_letter_tools import Place, read
    from stream.errors import UsageError
    from stream.settings import load

    settings = load({"kafka": kafka})
    log.configure(settings)
    place = Place(topic, partition, offset)
    found = next((letter for letter in asyncio.run(read(settings)) if letter.place == place), None)
    if found is None:
        message = f"{topic} {partition} {offset}: no such dead letter in {settings.topics_deadletter}"
        raise UsageError(message)
    print("the record may hold what customers wrote", file=sys.stderr)
    value = found.value or b""
    if not raw:
        for name, content in found.headers:
            print(f"{name}: {_legible(content)}")
        print(f"key: {'none' if found.key is None else _legible(found.key)}\n")
        if sys.stdout.isatty():
            # Bytes of a stranger can be orders to a terminal.
            value = _legible(value).encode() + b"\n"
    sys.stdout.flush()
    sys.stdout.buffer.write(value)
    sys.stdout.buffer.flush()
    if found.value is None:
        print("the record had no value" if found.is_whole else "the value was too large to keep", file=sys.stderr)


@app.command()
def retry(
    *,
    reason: ReasonOption = None,
    topic: Annotated[list[str] | None, typer.Option(help="Only records of this topic; may be repeated.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    kafka: KafkaOption = None,
) -> None:
    """Send the original bytes of rejected records again, as new records, to the partitions they came from.

    For when what was wrong is mended: a setting, a version of Deskpulse, the clock of a producer. Retrying twice does
    no harm: an event counts once. Records rejected as late cannot be retried: their numbers are closed.

    **Examples**

    `deskpulse dead-letters retry --reason unknown_type --dry-run`

    `deskpulse dead-letters retry --reason in_the_future --topic support.chat --yes`
    """
    import asyncio
    import sys
    from collections import Counter

    from stream import log
    from stream.dead_letter_tools import LATE, chosen, partition_counts, plan, read, resend
    from stream.errors import UsageError
    from stream.settings import load

    if reason == LATE:
        message = "--reason: late records cannot be retried, they would be late again (see DESKPULSE_RETENTION)"
        raise UsageError(message)
    chosen((), reason=reason)
    settings = load({"kafka": kafka})
    log.configure(settings)
    letters = chosen(asyncio.run(read(settings)), reason=reason, topics=topic or ())
    planned = plan(letters, asyncio.run(partition_counts(settings, topic or settings.source_topics)))
    for why, number in planned.left.items():
        print(f"{number} left: {why}", file=sys.stderr)
    _print_counts(Counter(letter.reason for letter in planned.letters))
    if dry_run or not planned.letters:
        print(f"{len(planned.letters)} to send, nothing sent")
        return
    if not yes:
        if not sys.stdin.isatty():
            message = "--yes: is needed where nobody can be asked"
            raise UsageError(message)
        typer.confirm(f"Send {len(planned.letters)} records to {settings.kafka}?", abort=True)
    print(f"{asyncio.run(resend(settings, planned.letters))} sent")


def _row(letter: Letter) -> dict[str, object]:
    from aggregators.instants import LATEST_MS, rfc3339

    return {
        "reason": letter.reason,
        **letter.place._asdict(),
        "timestamp": rfc3339(letter.timestamp_ms) if 0 <= letter.timestamp_ms <= LATEST_MS else None,
        "key": None if letter.key is None else _legible(letter.key),
        "bytes": letter.size,
    }


def _print_table(letters: Sequence[Letter]) -> None:
    rows = [_row(letter) for letter in letters]
    if rows:
        head = tuple(rows[0])
        shown = ({**row, "key": _short(row["key"])} for row in rows)
        _print_columns([head, *(tuple("-" if cell is None else str(cell) for cell in row.values()) for row in shown)])
        print()


def _short(key: object) -> object:
    """Return a key as it stands in a table: it may be of any length."""
    return f"{key[: MOST_OF_A_KEY - 1]}…" if isinstance(key, str) and len(key) > MOST_OF_A_KEY else key


def _print_counts(counts: Counter[str]) -> None:
    _print_columns([*((reason, str(number)) for reason, number in counts.most_common()), ("all", str(counts.total()))])


def _print_columns(rows: Iterable[tuple[str, ...]]) -> None:
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _legible(content: bytes) -> str:
    """Return bytes as printable text; what is not printable is escaped."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in content.decode(errors="backslashreplace")
    )
