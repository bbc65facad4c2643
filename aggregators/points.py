"""Points: samples that are one integer at one instant, and what each kind of them adds to the cells of a pane.

A kind is one line here. Its number decides the numbers of its measures, so that none is ever given to another:
how many there were, the sum of their values, the bins of a sketch (durations), how often each value came (choices).
What follows from other measures is not stored; `Reading` adds it up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from aggregators.hyperloglog import cell_of
from aggregators.sketch import bin_of

if TYPE_CHECKING:
    from aggregators.samples import Labels

Adds = Literal["count", "sum", "duration", "choice", "marked", "number", "cell", "turn"]
FIRST_MEASURE: Final = 100
MEASURES_A_KIND: Final = 20
FAMILY: Final = 4096
MARK: Final = 2
CELLS: Final = 12 * FAMILY
"""The first of eight families: the cells of the sketch of different customers (`hyperloglog`)."""


class Point(NamedTuple):
    """One integer observed at an instant; what `value` is depends on the kind."""

    kind: int
    at: int
    labels: Labels
    value: int


@dataclass(frozen=True, slots=True, eq=False)
class PointKind:
    """A kind of point. `adds` says what is kept of the values.

    "count" how many there were, and nothing of the value · "sum" their sum too · "duration" sum and sketch (ms) ·
    "choice" how often each value from 1 to 17 came · "marked" how many there were, and of how many the value was 2 ·
    "number" how often each value from 0 to 4,095 came, and by how much greater ones exceed that ·
    "cell" how many there were, and the cell of a sketch of different customers ·
    "turn" how many more began (positive values) than ended (negative ones), and the sum of their instants so signed.
    A `timed` one may be dated in the future: it waits among the timers until its instant has passed, and an event that
    comes in time takes it back.
    """

    code: int
    name: str
    adds: Adds
    timed: bool = False

    @property
    def count(self) -> int:
        """The measure of how many there were."""
        return FIRST_MEASURE + MEASURES_A_KIND * (self.code - FIRST_CODE)

    @property
    def total(self) -> int:
        """The measure of the sum of the values."""
        return self.count + 1

    @property
    def bins(self) -> int:
        """The first measure of the sketch, or of the numbers."""
        return self.code * FAMILY

    def choice(self, value: int) -> int:
        """Return the measure of how often *value* came."""
        return self.count + 1 + value


FIRST_CODE: Final = 20
"""Codes below are those of the samples with a shape of their own."""


def amounts(point: Point) -> tuple[tuple[int, int], ...]:
    """Return what *point* adds to the panes that hold its instant."""
    kind, at, _, value = point
    adds = _ADDS[kind]
    count = FIRST_MEASURE + MEASURES_A_KIND * (kind - FIRST_CODE)
    if adds == "count":
        return ((count, 1),)
    if adds == "choice":
        return ((count + 1 + value, 1),)
    if adds == "marked":
        return ((count, 1), (count + 1 + value, 1)) if value == MARK else ((count, 1),)
    if adds == "turn":
        return ((count, value), (count + 1, value * at))
    if adds == "sum":
        return ((count, 1), (count + 1, value))
    if adds == "cell":
        return ((count, 1), (CELLS + value, 1))
    if adds == "duration":
        return ((count + 1, value), (kind * FAMILY + bin_of(value), 1))
    return number_amounts(kind, value)


def number_amounts(code: int, value: int) -> tuple[tuple[int, int], ...]:
    """Return what a number of the kind with this code adds."""
    if value < FAMILY:
        return ((code * FAMILY + value, 1),)
    total = FIRST_MEASURE + MEASURES_A_KIND * (code - FIRST_CODE) + 1
    return ((code * FAMILY + FAMILY - 1, 1), (total, value - FAMILY + 1))


OFFER_MISSED: Final = PointKind(20, "offer_missed", "count")
TRANSFERRED_OUT: Final = PointKind(21, "transferred_out", "count")
TRANSFERRED_IN: Final = PointKind(22, "transferred_in", "count")
ESCALATED: Final = PointKind(23, "escalated", "choice")
HANDLED: Final = PointKind(24, "handled", "duration")
HANDLED_ACTIVE: Final = PointKind(25, "handled_active", "sum")
AFTER_WORK: Final = PointKind(26, "after_work", "sum")
CHAT_ENDED: Final = PointKind(27, "chat_ended", "choice")
BOT_ENDED: Final = PointKind(28, "bot_ended", "choice")
HANDOFF_RESPONSE: Final = PointKind(29, "handoff_response", "duration")
RECEIVED: Final = PointKind(30, "received", "marked")
RESOLVED: Final = PointKind(31, "resolved", "count")
REOPENED: Final = PointKind(32, "reopened", "count")
DELETED: Final = PointKind(33, "deleted", "count")
SOLVED: Final = PointKind(34, "solved", "duration")
SOLVED_BUSINESS: Final = PointKind(35, "solved_business", "duration")
SOLVED_UNPAUSED: Final = PointKind(36, "solved_unpaused", "sum")
CLOSED: Final = PointKind(37, "closed", "sum")
FIRST_SOLVED: Final = PointKind(38, "first_solved", "sum")
SOLVE: Final = PointKind(39, "solve", "choice")
REPLIES_TO_SOLVE: Final = PointKind(40, "replies_to_solve", "number")
TOUCHES_TO_SOLVE: Final = PointKind(41, "touches_to_solve", "sum")
OWNERS: Final = PointKind(42, "owners", "number")
ASYNC_ENDED: Final = PointKind(43, "async_ended", "choice")
NO_REPLY_CLOSED: Final = PointKind(44, "no_reply_closed", "count")
AUTO_CLOSED: Final = PointKind(45, "auto_closed", "count")
CONTACT: Final = PointKind(46, "contact", "choice")
CES_SENT: Final = PointKind(48, "ces_sent", "choice")
NPS_SENT: Final = PointKind(49, "nps_sent", "choice")
SLA_BREACHED: Final = PointKind(60, "sla_breached", "choice", timed=True)
SLA_ATTAINED: Final = PointKind(61, "sla_attained", "count")
# No point is ever of these: their measures correct those of elapsed time (`business`).
FIRST_RESPONSE_BUSINESS: Final = PointKind(62, "first_response_business", "duration")
REPLY_BUSINESS: Final = PointKind(63, "reply_business", "duration")
SLA_UNMET: Final = PointKind(64, "sla_unmet", "choice")
ORPHAN_STOP: Final = PointKind(80, "orphan_stop", "choice")
UNKNOWN_ACTOR: Final = PointKind(81, "unknown_actor", "count")
REVIVED: Final = PointKind(82, "revived", "choice")
COVERED: Final = PointKind(83, "covered", "choice")
LAPSED: Final = PointKind(84, "lapsed", "count", timed=True)
MOVED_OUT: Final = PointKind(85, "moved_out", "count")
MOVED_IN: Final = PointKind(86, "moved_in", "count")
ANCHOR: Final = PointKind(140, "anchor", "choice")
CALLED_BACK: Final = PointKind(141, "called_back", "sum")
ANCHOR_SETTLED: Final = PointKind(142, "anchor_settled", "choice", timed=True)
SOLVE_FOLLOWED: Final = PointKind(143, "solve_followed", "number")
FIRST_CONTACT: Final = PointKind(144, "first_contact", "choice")
FIRST_CONTACT_SETTLED: Final = PointKind(145, "first_contact_settled", "choice", timed=True)
ONE_REPLY: Final = PointKind(146, "one_reply", "choice")
ONE_TEAMMATE: Final = PointKind(147, "one_teammate", "choice")
BOT_VERIFIED: Final = PointKind(148, "bot_verified", "choice")
CUSTOMER: Final = PointKind(149, "customer", "cell")
FIRST_OF_DAY: Final = PointKind(150, "first_of_day", "choice")
CONTACT_KNOWN: Final = PointKind(151, "contact_known", "choice")
SOLVE_KNOWN: Final = PointKind(152, "solve_known", "choice")
BOT_ENDED_KNOWN: Final = PointKind(153, "bot_ended_known", "choice")
KB_SESSION: Final = PointKind(154, "kb_session", "choice")
KB_VIEW: Final = PointKind(155, "kb_view", "count")
KB_SEARCH: Final = PointKind(156, "kb_search", "choice")
DEFLECTED: Final = PointKind(157, "deflected", "choice")
REASON: Final = PointKind(158, "reason", "count")
REASONED: Final = PointKind(159, "reasoned", "choice")

SURVEY_SETTLED: Final = PointKind(160, "survey_settled", "choice", timed=True)
CES_SETTLED: Final = PointKind(161, "ces_settled", "choice", timed=True)
NPS_SETTLED: Final = PointKind(162, "nps_settled", "choice", timed=True)
CSAT_WITHDRAWN: Final = PointKind(163, "csat_withdrawn", "choice")
REPLY_DROPPED: Final = PointKind(164, "reply_dropped", "count")
HANDLED_TOTAL: Final = PointKind(165, "handled_total", "duration")
SURVEY_OFFERED: Final = PointKind(169, "survey_offered", "count")
CES_OFFERED: Final = PointKind(170, "ces_offered", "count")
NPS_OFFERED: Final = PointKind(171, "nps_offered", "count")
FIRST_CONTACT_SAID: Final = PointKind(173, "first_contact_said", "choice")
SOLVED_SETTLED: Final = PointKind(172, "solved_settled", "duration", timed=True)
# No point is ever of this: of resolutions it counts those in the last bin of a band, and beyond the band.
SOLVED_BEYOND: Final = PointKind(174, "solved_beyond", "choice")

COST: Final = PointKind(120, "cost", "sum")
COST_LEFT_OUT: Final = PointKind(121, "cost_left_out", "count")
EFFORT: Final = PointKind(130, "effort", "sum")
EFFORT_BEFORE: Final = PointKind(131, "effort_before", "sum")

FIRST_TURN: Final = 100
TURNS: Final = tuple(
    PointKind(code, name, "turn")
    for code, name in enumerate(
        (
            *("offline", "available", "busy", "partially_busy", "acw", "break", "away", "custom", "error", "stale"),
            *("logged_in", "shift", "slots", "slots_used", "chats"),
            *("occupied_outside", "worked_outside", "busy_without_chat", "chat_in_error"),
        ),
        start=FIRST_TURN,
    )
)
"""Where what lasts of agents begins and ends: the intervals of that name, as points (`spells`)."""

OFFER_TURNS: Final = tuple(
    PointKind(code, name, "turn") for code, name in enumerate(("missed", "rejected", "incoming"), start=166)
)
"""The same of the states that offers make."""

KINDS: Final[tuple[PointKind, ...]] = (
    *(each for each in list(globals().values()) if type(each) is PointKind),
    *TURNS,
    *OFFER_TURNS,
)
BY_CODE: Final = {kind.code: kind for kind in KINDS}
NO_STOPS: Final = frozenset(kind.code for kind in KINDS if kind.adds in ("turn", "cell"))
"""Kinds that no conversation stands behind, and that are in no index of stops: turns of agents, cells of sketches."""
TIMED: Final = frozenset(kind.code for kind in KINDS if kind.timed)
"""Kinds that may come about by time alone."""
_ADDS: Final[dict[int, str]] = {kind.code: kind.adds for kind in KINDS}


def name_of(measure: int) -> str:
    """Return the name of a measure of points: `offer_missed`, `handled_sum`, `bot_ended:2`, `handled:311` (a bin)."""
    if measure >= FAMILY:
        code, index = divmod(measure, FAMILY)
        if CELLS <= measure < FIRST_CODE * FAMILY:
            return "{}:{}:{}".format(CUSTOMER.name, *cell_of(measure - CELLS))
        return f"{BY_CODE[code].name}:{index}"
    code, index = divmod(measure - FIRST_MEASURE, MEASURES_A_KIND)
    kind = BY_CODE[code + FIRST_CODE]
    if not index:
        return kind.name
    return f"{kind.name}:{index - 1}" if kind.adds in {"choice", "marked"} else f"{kind.name}_sum"
