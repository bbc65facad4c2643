"""What is shown of a log, without Kafka and Redis."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aggregators.definitions import Definitions
from aggregators.facts import Key
from aggregators.windows import IDENTITY_WINDOWS
from stream.behind import Asked, Behind, check_kept, where_of
from stream.conversation import Owned
from stream.named import name_of
from stream.offline import Offline
from stream.past import Past
from stream.restated import Restatements
from stream.settings import FIXED_WINDOWS
from stream.snapshot import Snapshot
from tests.drilling import index_of
from tests.logs import Log, after
from tests.recorded import recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stream.hidden import Hidden
    from stream.named import Customers, Names
    from stream.settings import Settings


def shown(log: Log, clock: str, *, definitions: Definitions | None = None, **more: Any) -> Snapshot:
    """Return the snapshot of *log* at a clock reading, made as `serve` makes it."""
    defined, as_of = definitions or Definitions(), after(clock)
    offline = Offline(definitions=defined)
    offline.feed(log.lines)
    board = offline.board
    board.move(as_of)
    made: Mapping[str, Any] = {
        "made_at": as_of,
        "as_of": as_of,
        "rows": tuple(board.rows()),
        "trouble": None,
        "redis_up": True,
        "generation": defined.generation(),
        "covered_s": {window: board.covered_s(window) for window in FIXED_WINDOWS},
        "violations": {window: board.violations(window) for window in IDENTITY_WINDOWS},
        "legs": board.leg_counts(),
        "grown": {window: board.grown(window) for window in IDENTITY_WINDOWS},
        "definitions": defined,
    }
    return Snapshot(**{**made, **more})


def past(log: Log, *, definitions: Definitions | None = None) -> Callable[[Settings], Past]:
    """Return what reads what is kept of *log*."""
    offline = Offline(definitions=definitions or Definitions())
    offline.feed(log.lines)
    found = recorded(offline)
    return lambda settings: Past(offline.definitions.generation(), settings, found)


def behind(log: Log, *, definitions: Definitions | None = None) -> Callable[[Settings, Asked], Behind]:
    """Return what reads who of *log* is behind a number."""
    offline = Offline(definitions=definitions or Definitions())
    offline.feed(log.lines)
    index, watermark = index_of(offline), offline.tables.watermark or 0

    def read(settings: Settings, asked: Asked) -> Behind:
        where = replace(where_of(settings, asked), definitions=offline.definitions)
        check_kept(where, watermark, is_of_states=asked.is_of_states)
        return Behind(offline.definitions.generation(), where, index, hidden_of(offline))

    return read


def hidden_of(offline: Offline) -> Hidden:
    """Return the conversations that nobody is to be told of."""
    return frozenset((key.tenant, key.subject) for key in offline.tables.hidden)


def facts(log: Log, *, definitions: Definitions | None = None) -> Callable[[Settings, Sequence[str], str], Owned]:
    """Return what reads the facts of a conversation in *log*."""
    offline = Offline(definitions=definitions or Definitions())
    offline.feed(log.lines)

    def read(_: Settings, tenants: Sequence[str], conversation: str) -> Owned:
        wanted = [Key(tenant, conversation) for tenant in tenants]
        found = tuple((key, offline.tables.facts[key]) for key in wanted if key in offline.tables.facts)
        return Owned(offline.definitions.generation(), offline.definitions, found, hidden_of(offline))

    return read


def restated(log: Log, *, definitions: Definitions | None = None) -> Callable[[Settings], Restatements]:
    """Return what reads which of *log* was counted anew; its lines come one after the other."""
    offline = Offline(definitions=definitions or Definitions())
    for line in log.lines:
        offline.feed([line])
    found = Restatements(offline.definitions.generation(), tuple(offline.tables.log), hidden=hidden_of(offline))
    return lambda _: found


def names(log: Log, *, definitions: Definitions | None = None) -> Callable[[Settings, Customers], Names]:
    """Return what reads the names of the customers of *log*."""
    offline = Offline(definitions=definitions or Definitions())
    offline.feed(log.lines)
    found = {(key.tenant, key.subject): name_of(facts) for key, facts in offline.told.facts.items()}

    return lambda _, customers: {each: found[each] for each in customers if found.get(each)}


def eight_legs() -> Log:
    """Return what happens to eight in acme's queue billing (chat, target 60 s, short up to 10 s) from 1:00 to 10:00.

    answered     c1 after 30 s, c2 after 90 s
    abandoned    c3 after 30 s, c5 after 120 s at 5:00; c4 after 5 s, which is short
    others       c6 flowed out, c7 asked for a callback after 20 s
    waiting      c8 since 6:00
    """
    log = Log(tenant="acme", queue="billing")
    log.of(conversation="c1", tenant="acme", queue="billing").queued("1:00").accepted("1:30", agent="a")
    log.of(conversation="c2", tenant="acme", queue="billing").queued("1:00").accepted("2:30", agent="a")
    log.of(conversation="c3", tenant="acme", queue="billing").queued("2:00").abandoned("2:30")
    log.of(conversation="c4", tenant="acme", queue="billing").queued("2:00").abandoned("2:05")
    log.of(conversation="c5", tenant="acme", queue="billing").queued("3:00").abandoned("5:00")
    log.of(conversation="c6", tenant="acme", queue="billing").queued("4:00").flowed_out("4:10")
    log.of(conversation="c7", tenant="acme", queue="billing").queued("4:00").callback("4:20")
    log.of(conversation="c8", tenant="acme", queue="billing").queued("6:00")
    return log


LATE_PLACE = {"tenant": "acme", "channel": "chat", "queue": "billing"}


def late_morning() -> Log:
    """Return a morning in which two things come late, to the place LATE_PLACE.

    0:05:00  c1 and c2 are queued; c1 is accepted after 30 s
    0:10:00  c1 is rated 1 of 5, c2 is rated 5
    2:30:00  c2's accept of 0:05:40 comes: two hours and more late
    2:40:00  c1 takes its rating back: by then it was 5
    """
    log = Log(**LATE_PLACE)
    for name in ("c1", "c2"):
        log.of(conversation=name, **LATE_PLACE).queued("05:00")
    log.of(conversation="c1", **LATE_PLACE).accepted("05:30")
    for name, score in (("c1", 1), ("c2", 5)):
        pen = log.of(conversation=name, **LATE_PLACE)
        pen.add("survey.sent", "09:00", survey=f"s-{name}", kind="csat")
        pen.add("survey.responded", "10:00", survey=f"s-{name}", kind="csat", score=score, min=1, max=5)
    log.add("source.heartbeat", "2:30:00", source="desk")
    log.of(conversation="c2", **LATE_PLACE).add("chat.accepted", "05:40", id="late-accept")
    log.add("source.heartbeat", "2:40:00", source="desk")
    log.of(conversation="c1", **LATE_PLACE).add("survey.retracted", "2:40:00", survey="s-c1", id="taken-back")
    return log
