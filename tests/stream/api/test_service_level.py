"""The service level under all variants, beside the legs that each of them divides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aggregators.definitions import Definitions
from stream.api.service_level import ServiceLevels, formulas
from tests.logs import Log, after
from tests.stream.api.asking import ask
from tests.stream.api.shown import eight_legs, shown

if TYPE_CHECKING:
    from stream.snapshot import Snapshot

GENESYS = Definitions(genesys=("flow_outs_in", "short_out"))


def asked(query: str, of: Snapshot) -> list[dict[str, Any]]:
    """Return the service levels that are answered, which is what the contract says."""
    answer = ask(f"/api/v1/service-level?{query}", snapshot=of, now=after("10:00"))
    assert answer.status_code == 200, answer.text
    ServiceLevels.model_validate(answer.json(), strict=True, extra="forbid")
    found: list[dict[str, Any]] = answer.json()["service_levels"]
    return found


def test_every_variant_stands_beside_its_inputs() -> None:
    """KPIS M6, worked out by hand.

    A = 2, A≤T = 1, B = 3 (a short one among them), B≤T = 2, S = 1, F = 1, C≤T = 1, queued 8, W>T = 1
    SL1 1/2 · SL2 1/(2+3) · SL3 1/(2+3−2) · SL4 (1+2)/(2+3) · SL5 (1+1)/(2+3) · SL6 (1+2+1)/8 · SL_live 1/(2+3−2+1)
    SLg 1/(2+3−1+1)
    """
    (billing,) = asked("tenant=acme&queue=billing&window=30m", shown(eight_legs(), "10:00", definitions=GENESYS))

    assert {key: billing[key] for key in ("level", "labels", "window", "target_s")} == {
        "level": "queue",
        "labels": {"tenant": "acme", "channel": "chat", "queue": "billing"},
        "window": "30m",
        "target_s": 60,
    }
    assert billing["inputs"] == {
        "queued": 8,
        "answered": 2,
        "answered_within": 1,
        "abandoned": 3,
        "abandoned_within": 2,
        "short_abandoned": 1,
        "flowed_out": 1,
        "callbacks": 1,
        "callbacks_within": 1,
        "waiting_past_target": 1,
    }
    assert {each["variant"]: (each["numerator"], each["denominator"]) for each in billing["variants"]} == {
        "SL1": (1, 2),
        "SL2": (1, 5),
        "SL3": (1, 3),
        "SL4": (3, 5),
        "SL5": (2, 5),
        "SL6": (4, 8),
        "SL_live": (1, 4),
        "SLg": (1, 5),
    }


def test_the_inputs_recombine_to_the_ratio_of_the_board() -> None:
    """By the formula that stands beside it, exactly, for every variant, place and window that has one."""
    for definitions in (Definitions(), GENESYS, Definitions(genesys=("abandoned_out",)), Definitions(genesys=())):
        log = eight_legs()
        log.of(conversation="v", tenant="acme", queue="sales", channel="voice").queued("8:00").accepted("8:21")
        snapshot = shown(log, "10:00", definitions=definitions)
        right = {
            (row.group, row.window, row.extra): row.value
            for row in snapshot.rows
            if row.metric.suffix == "service_level_ratio"
        }

        found = {}
        for each in asked("level=queue&level=channel&level=tenant", snapshot):
            group = next(group for group, *_ in right if group.values == tuple(each["labels"].values()))
            for variant in each["variants"]:
                value = eval(variant["formula"], {}, each["inputs"]) if variant["denominator"] else None  # noqa: S307 - ours
                assert value == variant["value"]
                if value is not None:
                    found[group, each["window"], variant["variant"]] = value

        assert found == right
        assert {variant for *_, variant in found} == {*formulas(definitions)}


def test_nothing_to_divide_by_is_no_ratio() -> None:
    """A queue that somebody has just entered: zeros beside nulls, but for SL6, which is of the legs queued."""
    (billing,) = asked("window=5m", shown(Log(tenant="acme").queued("9:59"), "10:00"))

    assert (billing["inputs"]["queued"], billing["inputs"]["answered"]) == (1, 0)
    assert {each["variant"]: each["value"] for each in billing["variants"]} == {
        **dict.fromkeys(("SL1", "SL2", "SL3", "SL4", "SL5", "SL_live")),
        "SL6": 0,
    }


def test_every_level_and_window_may_be_asked_for() -> None:
    """Queues unless told; a level above has no target of its own; what is cut says so."""
    snapshot = shown(eight_legs(), "10:00")

    of_tenant = asked("level=tenant&window=today&window=7d", snapshot)
    cut = ask("/api/v1/service-level?limit=1", snapshot=snapshot, now=after("10:00")).json()
    wrong = ask("/api/v1/service-level?window=9m", snapshot=snapshot, now=after("10:00")).json()

    assert [(each["level"], each["window"], each["target_s"]) for each in of_tenant] == [
        ("tenant", "7d", None),
        ("tenant", "today", None),
    ]
    assert {each["window"] for each in asked("", snapshot)} == {"5m", "30m", "1h", "today", "7d"}
    assert (len(cut["service_levels"]), cut["more"]) == (1, True)
    assert (wrong["status"], wrong["parameter"]) == (422, "window")
