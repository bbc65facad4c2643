"""The oracle says what the reference tables say, which somebody else computed."""

import json
import random

import pytest

from tests.logs import T0, Log, after
from tests.oracle import LEVELS, Oracle, conversations, instant
from tests.reference import (
    REAL_DAY,
    by_instant,
    centre_lines,
    centre_table,
    labels_of,
    mismatches,
    real_day_table,
)

EVERY_NTH = {"tenant": 24, "channel": 12, "queue": 12}


@pytest.fixture(scope="module")
def centre() -> Oracle:
    """The oracle of the adversarial centre."""
    return Oracle(centre_lines())


@pytest.mark.parametrize("level", LEVELS)
def test_the_oracle_agrees_with_the_centre(centre: Oracle, level: str) -> None:
    """Every n-th instant and the two late ones: the same rows, counts equal, the rest to the last digit."""
    rows = by_instant(centre_table(level))
    instants = sorted(rows)

    for t in {*instants[:: EVERY_NTH[level]], *instants[-2:]}:
        table = centre.at(instant(t) or 0, [level])

        assert table[level].keys() == {labels_of(row) for row in rows[t]}
        assert mismatches(rows[t], table, sketch=False) == []


@pytest.mark.skipif(not REAL_DAY.exists(), reason="the real day is not here: shared/data/bank-1999-05-23.jsonl")
@pytest.mark.parametrize("level", ["tenant", "queue"])
def test_the_oracle_agrees_with_the_real_day(level: str) -> None:
    """Every 50th instant; `abandon_wait_mean_s` and `abandonment_with_short` are over all abandoned legs."""
    oracle = Oracle(REAL_DAY.read_bytes().splitlines(keepends=True))
    rows = by_instant(real_day_table(level))

    for t in sorted(rows)[::50]:
        assert mismatches(rows[t], oracle.at(instant(t) or 0, [level]), sketch=False) == []


def test_sixty_lines_of_the_centre_are_rejected() -> None:
    """The log has 60 lines to be rejected: they name no conversation that no other line names."""
    known = conversations(centre_lines())

    assert len(known) == 1_285
    assert not any(conversation.startswith("bad-") for _, conversation in known)


def test_order_and_repeats_are_nothing_to_the_oracle() -> None:
    """Shuffled and repeated, the centre has the same rows."""
    lines = centre_lines()
    shuffled = [*lines, *lines[::3]]
    random.Random(7).shuffle(shuffled)
    t = instant("2024-02-29T15:00:00Z") or 0

    assert Oracle(shuffled).at(t) == Oracle(lines).at(t)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("2024-03-04T00:00:00Z", T0),
        ("2024-03-04T00:00:00.0019999Z", T0 + 1),
        ("2024-03-04T05:30:00.5+05:30", T0 + 500),
        ("2024-03-03T23:00:00-01:00", T0),
        (T0, T0),
        (float(T0), None),
        (True, None),
        ("2024-03-04T00:00:00", None),
        ("2024-02-30T00:00:00Z", None),
        ("2024-03-04T24:00:00Z", None),
        (str(T0), None),
    ],
)
def test_notations_of_an_instant(text: object, milliseconds: int | None) -> None:
    """RFC 3339 with zone, or integer milliseconds; fractions beyond three digits are cut off, not rounded."""
    assert instant(text) == milliseconds


REJECTED = {
    "a required field is missing": {"queue": None},
    "an unknown type": {"type": "chat.teleported"},
    "an id of no characters": {"id": ""},
    "an id of 129 characters": {"id": "x" * 129},
    "a number for a text": {"queue": 7},
    "a boolean for a text": {"channel": True},
    "a text for the tags": {"tags": "vip"},
    "an instant before 1990": {"at": "1989-12-31T23:59:59.999Z"},
    "no conversation": {"conversation": None},
}


@pytest.mark.parametrize("fields", REJECTED.values(), ids=REJECTED.keys())
def test_rejected_fields(fields: dict[str, object]) -> None:
    """A record with one such field is no event; without it, it is one."""
    assert len(conversations(Log().queued("00:00").lines)) == 1
    changed = json.loads(Log().queued("00:00").lines[0]) | fields
    assert conversations([json.dumps(changed).encode()]) == {}


GOOD = json.dumps({"id": "e", "type": "chat.queued", "at": T0, "conversation": "c", "queue": "q"}).encode()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"null",
        b"42",
        b"[" + GOOD + b"]",
        GOOD + GOOD,
        b"\xef\xbb\xbf" + GOOD,
        GOOD[:-1],
        GOOD[:-1] + b',"x":NaN}',
        GOOD[:-1] + b',"x":[{"y":-Infinity}]}',
        GOOD[:-1] + b',"x":1e999}',
        GOOD[:-1] + b',"x":1' + b"0" * 400 + b"}",
        GOOD[:-1] + b',"x":"\\ud800"}',
        GOOD[:-1] + b',"\\udfff":1}',
        GOOD[:-1] + b',"x":"\xff"}',
        GOOD[:-1] + b',"x":"\x01"}',
        GOOD[:-1] + b',"x":"' + b"y" * 65_536 + b'"}',
    ],
)
def test_rejected_bytes(line: bytes) -> None:
    """What is not one strict JSON object in UTF-8 of at most 65,536 bytes, anywhere in it, is no event."""
    assert conversations([line]) == {}


@pytest.mark.parametrize(
    "line",
    [
        GOOD,
        GOOD + b"\n",
        b" " + GOOD + b" ",
        GOOD[:-1] + b',"x":{"y":[null,true,1e300]}}',
        GOOD[:-1] + b',"x":"\\ud83d\\ude00"}',
        GOOD[:-1] + b',"stage":7,"score":"high"}',
        GOOD[:-1] + b',"tenant":null,"leg":null}',
        GOOD[:-1] + b" " * (65_536 - len(GOOD)) + b"}\n",
    ],
)
def test_accepted_bytes(line: bytes) -> None:
    """Extra fields may hold anything, null is absent, and 65,536 bytes without the line feed are not too many."""
    assert len(conversations([line])) == 1


def test_the_window_is_half_open() -> None:
    """An event at the start of a window is in it, one at its end is not.

    [00:00 ──────────── 05:00)
     in                 not in
    """
    log = Log().queued("00:00").of(conversation="d").queued("05:00")

    assert Oracle(log.lines).at(after("05:00"))["tenant"]["default",]["queued_5m"] == 1
    assert Oracle(log.lines).at(after("05:10"))["tenant"]["default",]["queued_5m"] == 1
