"""Told: what a conversation, or an event of an agent, says about its customer and its agents to those who count them.

A customer is counted over all conversations, an agent over all chats and all presence of a day, so both are owners of
facts of their own, in partitions of their own. What is told of one conversation is told whole each time: the greatest
version counts, however often and in whatever order it arrives, and nothing (`None` instead of a row) takes it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from aggregators.facts import Fact


class Contact(NamedTuple):
    """An episode began at `at`: `by` is 1 where the customer began it, 2 where the centre did. `topic` "" unknown."""

    at: int
    channel: str
    queue: str
    topic: str
    by: int


class SolvedEpisode(NamedTuple):
    """The last solve of an episode, at `at`. `reopened` where a customer opened it again within the settle time.

    `teams` is how many teams had it (0 none known), `owners` how many agents, `transferred` whether it went to another
    team or queue, `replies` the public human replies (-1: the customer did not write), `closes` how often it was
    closed, solved or not, and not corrected: more than once where anybody opened it again.
    """

    at: int
    channel: str
    queue: str
    topic: str
    teams: int
    owners: int
    transferred: bool
    reopened: bool
    replies: int
    closes: int


class Contained(NamedTuple):
    """A bot ended the conversation at `at` without a human being asked for."""

    at: int
    channel: str
    queue: str


class Session(NamedTuple):
    """A session on the help pages, from its first event to its last one."""

    begun: int
    ended: int
    channel: str


class Visit(NamedTuple):
    """All that one conversation tells its customer, or one session on the help pages."""

    contacts: tuple[Contact, ...]
    solved: tuple[SolvedEpisode, ...]
    contained: tuple[Contained, ...]
    sessions: tuple[Session, ...] = ()


class Share(NamedTuple):
    """A part of an agent in a conversation, from its accept on. Instants in epoch ms.

    It lasts until `ended`, its wrap-up until `wrapped` (`ended` without one). Where nobody said that it ended, it has
    `lapsed`: at the first full hour after it was silent for long enough, so that not every message moves the instant.
    """

    channel: str
    queue: str
    opened: int
    ended: int
    wrapped: int
    lapsed: bool


class Offer(NamedTuple):
    """A conversation rang at an agent from `start` to `end`. `how` it ended: 1 it was missed, 2 rejected, else 0."""

    start: int
    end: int
    how: int


class AgentDay(NamedTuple):
    """All that is known of an agent on one UTC day (`day` days since 1970), and of the day before it.

    `signs` are the agent.* events in the order of the sweep (at, rank, id), those of the day before too; `shares` the
    parts of its conversations that touch the day, by conversation; `offers` what rang on it or on the day before.
    """

    tenant: str
    agent: str
    day: int
    signs: list[Fact]
    shares: dict[str, tuple[Share, ...]]
    offers: tuple[Offer, ...] = ()
