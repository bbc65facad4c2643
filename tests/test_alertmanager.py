"""The Alertmanager that is shipped: whom each alert goes to, what silences what, and what is one page."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped]

from aggregators.instants import rfc3339
from stream.clock import now_ms
from tests.eventually import eventually
from tests.hook import listening
from tests.test_rules import ALERTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import AlertmanagerFactory
    from tests.hook import Call, Hook
    from tests.services import Alertmanager

FOLDER = Path(__file__).parents[1] / "deploy" / "alertmanager"
CONFIG = FOLDER / "alertmanager.yml"
EXAMPLE = FOLDER / "receivers.example.yml"
TEMPLATE = FOLDER / "deskpulse.tmpl"
RECEIVERS = {"support-page", "support-chat", "platform-page", "platform-chat", "dead-man", "nobody"}
SECRETS = re.compile(r"(_key|_token|password|secret|credentials|api_url)$")
AT_ONCE = {"group_wait": "0s", "group_interval": "1s"}
QUEUE = {"tenant": "acme", "channel": "chat", "queue": "billing"}
SPIKE = {"alertname": "DeskpulseQueueSpike", "team": "support", "severity": "critical", **QUEUE}
SLOW = {"alertname": "DeskpulseServiceLevelBurnSlow", "team": "support", "severity": "warning", **QUEUE}
STALE = {"alertname": "DeskpulseDataStale", "team": "platform", "severity": "critical", "job": "deskpulse"}
ABSENT = STALE | {"alertname": "DeskpulseDataAbsent"}
WATCHDOG = {"alertname": "DeskpulseWatchdog", "team": "platform", "severity": "none"}
LETTERS = {"alertname": "DeskpulseDeadLetters", "team": "platform", "severity": "warning"}


def shipped() -> dict[str, Any]:
    """Return the configuration as it is shipped."""
    found: dict[str, Any] = yaml.safe_load(CONFIG.read_text())
    return found


def calling(hook: Hook) -> dict[str, Any]:
    """Return the configuration with receivers that call *hook*, each by its name."""
    config = shipped()
    for receiver in config["receivers"]:
        receiver["webhook_configs"] = [{"url": f"{hook.url}/{receiver['name']}"}]
    return config


def amtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run amtool; skip the test where there is none."""
    if not shutil.which("amtool"):
        pytest.skip("no amtool on PATH (Debian's package prometheus-alertmanager)")
    return subprocess.run(["amtool", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)


def fire(server: Alertmanager, *alerts: dict[str, str], **annotations: str) -> None:
    """Let alerts with these labels fire."""
    _send(server, [{"labels": labels, "annotations": annotations} for labels in alerts])


def over(server: Alertmanager, *alerts: dict[str, str]) -> None:
    """Let alerts with these labels end now."""
    now = rfc3339(now_ms())
    _send(server, [{"labels": labels, "endsAt": now} for labels in alerts])


def _send(server: Alertmanager, alerts: list[dict[str, Any]]) -> None:
    body = json.dumps(alerts).encode()
    request = urllib.request.Request(  # noqa: S310 - our own http address
        f"{server.url}/api/v2/alerts", data=body, headers={"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=5).close()  # noqa: S310 - the same


def suppressed(server: Alertmanager) -> set[str]:
    """Return the names of the alerts that are inhibited."""
    return {each["labels"]["alertname"] for each in server.alerts() if each["status"]["inhibitedBy"]}


def receiver_of(labels: dict[str, str]) -> str:
    """Return to whom amtool says that an alert goes."""
    pairs = [f"{name}={value}" for name, value in labels.items()]
    done = amtool("config", "routes", "test", f"--config.file={CONFIG}", *pairs)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def hook() -> Iterator[Hook]:
    """Give whom the receivers call."""
    with listening() as running:
        yield running


def test_amtool_accepts_the_configuration() -> None:
    """As it is shipped, with nothing configured."""
    done = amtool("check-config", CONFIG)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 templates" in done.stdout


def test_amtool_accepts_the_examples_in_its_place(tmp_path: Path) -> None:
    """Every name that is sent to has an example, and each kind is among them."""
    example = yaml.safe_load(EXAMPLE.read_text())
    (tmp_path / "alertmanager.yml").write_text(json.dumps(shipped() | example))
    shutil.copy(TEMPLATE, tmp_path)

    done = amtool("check-config", tmp_path / "alertmanager.yml")

    assert done.returncode == 0, done.stdout + done.stderr
    assert {each["name"] for each in example["receivers"]} == {each["name"] for each in shipped()["receivers"]}
    kinds = {kind for each in example["receivers"] for kind in each} - {"name"}
    assert kinds == {f"{kind}_configs" for kind in ("pagerduty", "opsgenie", "slack", "email", "webhook")}
    assert "msteamsv2_configs" in EXAMPLE.read_text()


@pytest.mark.parametrize("path", [CONFIG, EXAMPLE], ids=lambda path: path.name)
def test_secrets_stand_in_files(path: Path) -> None:
    """No key, token or password stands in what is committed."""
    keys = re.findall(r"^[ #-]*(\w+):", path.read_text(), re.MULTILINE) + re.findall(r"{ (\w+):", path.read_text())

    assert [key for key in keys if SECRETS.search(key)] == []


def test_the_test_of_secrets_would_see_one() -> None:
    """The keys of Alertmanager that hold a secret, beside those that name a file."""
    for key in ("routing_key", "api_key", "auth_password", "api_url", "credentials", "bearer_token"):
        assert SECRETS.search(key)
        assert not SECRETS.search(f"{key}_file")


def test_without_receivers_of_ones_own_nothing_is_sent() -> None:
    """The file loads anywhere; an example's address is called by nobody by mistake."""
    assert [set(each) for each in shipped()["receivers"]] == [{"name"}] * len(RECEIVERS)
    assert {each["name"] for each in shipped()["receivers"]} == RECEIVERS


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_alert_of_the_rules_goes_where_its_severity_says(alert: Any) -> None:
    """Critical to who is on call, warnings to chat, the watchdog out; info to nobody."""
    labels = {"alertname": alert.name, **alert.rule["labels"]}
    team, severity = labels.get("team", ""), labels["severity"]
    right = {"critical": f"{team}-page", "warning": f"{team}-chat", "info": "nobody", "none": "dead-man"}[severity]

    done = amtool(
        *("config", "routes", "test", f"--config.file={CONFIG}", f"--verify.receivers={right}"),
        *(f"{name}={value}" for name, value in (labels | QUEUE).items() if "{{" not in value),
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("labels", "right"),
    [
        (SPIKE, "support-page"),
        (SLOW, "support-chat"),
        (STALE, "platform-page"),
        (LETTERS, "platform-chat"),
        (WATCHDOG, "dead-man"),
        ({"alertname": "DeskpulseDemandBaselineYoung", "team": "support", "severity": "info"}, "nobody"),
        ({"alertname": "Other"}, "platform-chat"),
        ({"alertname": "Other", "team": "sales", "severity": "critical"}, "platform-chat"),
        ({"alertname": "Other", "team": "support", "severity": "page"}, "platform-chat"),
    ],
)
def test_each_kind_of_alert_has_its_receiver(labels: dict[str, str], right: str) -> None:
    """What nobody knows goes to who can mend the rule, not into the dark."""
    assert receiver_of(labels) == right


def test_a_stale_pipeline_silences_the_queues_of_every_tenant(alertmanager: AlertmanagerFactory) -> None:
    """DataStale has no tenant. Other alerts of the pipeline go on."""
    server = alertmanager(config=shipped())
    other = SPIKE | {"tenant": "globex", "alertname": "DeskpulseOldestWait"}
    fire(server, SPIKE, SLOW, other, LETTERS, STALE)

    silenced = {"DeskpulseQueueSpike", "DeskpulseServiceLevelBurnSlow", "DeskpulseOldestWait"}
    eventually(lambda: suppressed(server) == silenced)


def test_a_queue_never_silences_the_pipeline(alertmanager: AlertmanagerFactory) -> None:
    """A spike beside a lagging pipeline that has paged nobody: both are told."""
    server = alertmanager(config=shipped())
    fire(server, SPIKE, SLOW, LETTERS, STALE | {"alertname": "DeskpulseLagging", "severity": "warning"})

    eventually(lambda: suppressed(server) == {"DeskpulseServiceLevelBurnSlow"})  # by the spike of its queue
    fire(server, STALE)
    eventually(lambda: "DeskpulseQueueSpike" in suppressed(server))
    assert suppressed(server) == {"DeskpulseQueueSpike", "DeskpulseServiceLevelBurnSlow"}


def test_absent_data_is_one_page(alertmanager: AlertmanagerFactory) -> None:
    """That no number of the last minute is there goes without saying when there is none at all."""
    server = alertmanager(config=shipped())
    fire(server, ABSENT, STALE, SPIKE, LETTERS)

    eventually(lambda: suppressed(server) == {"DeskpulseDataStale", "DeskpulseQueueSpike"})


def test_a_page_silences_the_tickets_of_its_queue_and_no_others(alertmanager: AlertmanagerFactory) -> None:
    """Those that say the same: no deadlines or ratings, none of another queue, channel or tenant, none of no queue."""
    server = alertmanager(config=shipped())
    tenant_page = {name: SPIKE[name] for name in ("team", "severity", "tenant")} | {"alertname": "DeskpulseX"}
    no_tenant = {"team": "support", "severity": "critical", "alertname": "DeskpulseY"}
    others = [
        SLOW | {"queue": "sales"},
        SLOW | {"channel": "voice"},
        SLOW | {"tenant": "globex"},
        {"alertname": "DeskpulseOfTheTenant", "team": "support", "severity": "warning", "tenant": "acme"},
        {"alertname": "DeskpulseOfNobody", "team": "support", "severity": "warning"},
        SLOW | {"alertname": "DeskpulseSlaBreaches"},
        SLOW | {"alertname": "DeskpulseSatisfactionDrop"},
    ]
    same = {f"Deskpulse{name}" for name in ("OldestWait", "Abandonment", "ServiceLevelBurnSlow", "DemandAboveUsual")}
    fire(server, SPIKE, *(SLOW | {"alertname": name} for name in same), tenant_page, no_tenant, *others)

    eventually(lambda: len(server.alerts()) == 14 and suppressed(server) == same)


def test_a_spike_of_the_whole_centre_is_one_page(alertmanager: AlertmanagerFactory, hook: Hook) -> None:
    """Twelve queues of a tenant, and no agent: one call that lists them. Another tenant's lead gets one, too."""
    server = alertmanager(config=calling(hook))
    queues = [SPIKE | {"queue": f"queue-{number}"} for number in range(12)]
    fire(server, *queues[:6], SPIKE | {"tenant": "globex"})
    fire(server, *queues[6:], SPIKE | {"alertname": "DeskpulseNoAgentAvailable"})

    eventually(lambda: len(hook.calls("support-page")) == 2)
    acme, globex = sorted(hook.calls("support-page"), key=lambda call: str(call.said["groupLabels"]["tenant"]))
    assert acme.said["groupLabels"] == {"tenant": "acme", "team": "support", "severity": "critical"}
    assert len(acme.alerts) == 13
    assert [each["labels"]["tenant"] for each in globex.alerts] == ["globex"]
    assert hook.calls("support-chat") == hook.calls("platform-chat") == []


def test_no_route_has_hours() -> None:
    """Calendars of the definitions say when a queue is open; what the pipeline says on Saturday is read on Monday."""
    text = CONFIG.read_text()

    assert not {"active_time_intervals", "mute_time_intervals"} & {
        name for route in shipped()["route"]["routes"] for name in route
    }
    assert "`active_time_intervals: [opening-hours]`" in text


@pytest.mark.parametrize(("weekdays", "told"), [("sunday:saturday", True), ("", False)])
def test_who_gives_warnings_hours_is_told_within_them_alone(
    alertmanager: AlertmanagerFactory, hook: Hook, weekdays: str, *, told: bool
) -> None:
    """As the page says, with always and never (the 29th of February of 2000) as the hours of the file."""
    config = calling(hook)
    hours = {"weekdays": [weekdays]} if weekdays else {"years": ["2000"], "months": ["2"], "days_of_month": ["29"]}
    config["time_intervals"][0]["time_intervals"] = [hours]
    for route in config["route"]["routes"]:
        route.update(AT_ONCE)
        if route["receiver"] == "platform-chat":
            route["active_time_intervals"] = ["opening-hours"]
        if route["receiver"] == "platform-page":
            route["group_wait"] = "4s"  # four times as long as a warning of before has to come
    server = alertmanager(config=config)
    fire(server, LETTERS)
    fire(server, STALE)

    eventually(lambda: hook.calls("platform-page"))
    assert bool(hook.calls("platform-chat")) == told


def test_the_watchdog_is_sent_out_again_and_again(alertmanager: AlertmanagerFactory, hook: Hook) -> None:
    """Its absence is what raises the alarm, so it is repeated; the minutes of the file are made seconds."""
    config = calling(hook)
    route = next(route for route in config["route"]["routes"] if route["receiver"] == "dead-man")
    assert (route["group_interval"], route["repeat_interval"]) == ("1m", "5m")
    route |= {"group_interval": "1s", "repeat_interval": "2s"}
    server = alertmanager(config=config)
    fire(server, WATCHDOG)

    eventually(lambda: len(hook.calls("dead-man")) >= 3)


LINKS = {
    "description": "6 people in the queue billing have waited longer than the target.",
    "summary": "People wait past the target in a live queue.",
    "runbook_url": "http://127.0.0.1:8420/runbooks/queue-spike",
    "dashboard_url": "http://127.0.0.1:3000/d/deskpulse-queue?var-tenant=acme",
    "conversations_url": "http://127.0.0.1:8420/drill?metric=support_queue_waiting&tenant=acme",
}


def test_the_examples_say_what_is_the_matter_and_where_to_look(
    alertmanager: AlertmanagerFactory, hook: Hook, tmp_path: Path
) -> None:
    """PagerDuty, Slack and Opsgenie as they are called: one line of title, then the text with its three links."""
    for name, text in (("key", "the key"), ("slack", f"{hook.url}/slack")):
        (tmp_path / name).write_text(text)
    files = [TEMPLATE, tmp_path / "key", tmp_path / "slack"]
    server = alertmanager(config=example_calling(hook), files=files)
    page = SPIKE | {"receiver": "pagerduty"}
    fire(server, page, page | {"receiver": "slack"}, page | {"receiver": "opsgenie"}, **LINKS)

    eventually(lambda: all(said_to(hook, kind) for kind in ("pagerduty", "slack", "opsgenie")))
    title = "1 firing · acme · billing: People wait past the target in a live queue."
    pagerduty, slack, opsgenie = (said_to(hook, kind)[0].said for kind in ("pagerduty", "slack", "opsgenie"))
    assert pagerduty["payload"]["summary"] == title
    assert pagerduty["routing_key"] == "the key"
    assert {each["href"] for each in pagerduty["links"]} == {LINKS["runbook_url"], LINKS["dashboard_url"]}
    assert slack["attachments"][0]["title"] == title
    assert opsgenie["message"] == title
    for text in (
        pagerduty["payload"]["custom_details"]["text"],
        slack["attachments"][0]["text"],
        opsgenie["description"],
    ):
        assert text.strip().splitlines() == [
            LINKS["description"],
            f"Who: {LINKS['conversations_url']}",
            f"Dashboard: {LINKS['dashboard_url']}",
            f"What to do: {LINKS['runbook_url']}",
        ]
    assert slack["attachments"][0]["title_link"] == LINKS["dashboard_url"]

    over(server, page | {"receiver": "slack"})
    eventually(lambda: len(said_to(hook, "slack")) == 2)  # nothing fires any more, and there is no link of it
    (ended,) = said_to(hook, "slack")[1].said["attachments"]
    assert ended["title"].startswith("over")
    assert not ended.get("title_link")


def said_to(hook: Hook, kind: str) -> list[Call]:
    """Return the calls of the service *kind*."""
    return hook.calls({"opsgenie": "opsgenie/v2/alerts"}.get(kind, kind))


def example_calling(hook: Hook) -> dict[str, Any]:
    """Return a configuration with the examples of three services, which are *hook*."""
    example = {each["name"]: each for each in yaml.safe_load(EXAMPLE.read_text())["receivers"]}
    pagerduty = copy.deepcopy(example["support-page"]["pagerduty_configs"][0])
    slack = copy.deepcopy(example["support-chat"]["slack_configs"][0])
    opsgenie = copy.deepcopy(example["platform-page"]["opsgenie_configs"][0])
    pagerduty |= {"url": f"{hook.url}/pagerduty", "routing_key_file": "{folder}/key"}
    slack |= {"api_url_file": "{folder}/slack"}
    opsgenie |= {"api_url": f"{hook.url}/opsgenie", "api_key_file": "{folder}/key"}
    kinds = {"pagerduty": pagerduty, "slack": slack, "opsgenie": opsgenie}
    routes = [{"matchers": [f'receiver="{kind}"'], "receiver": kind} for kind in kinds]
    return {
        "templates": [f"{{folder}}/{TEMPLATE.name}"],
        "route": {"receiver": "slack", "group_by": ["receiver"], **AT_ONCE, "routes": routes},
        "receivers": [{"name": kind, f"{kind}_configs": [one]} for kind, one in kinds.items()],
    }


def test_what_ends_while_it_is_silenced_is_not_told_to_be_over(alertmanager: AlertmanagerFactory, hook: Hook) -> None:
    """As docs/paging.md says: who was paged for the queue hears nothing, who was paged for the pipeline does."""
    config = calling(hook)
    for route in config["route"]["routes"]:
        route.update(AT_ONCE, repeat_interval="1s" if route["receiver"] == "dead-man" else "1h")
    server = alertmanager(config=config)
    fire(server, SPIKE, WATCHDOG)
    eventually(lambda: hook.calls("support-page"))
    fire(server, STALE)
    eventually(lambda: suppressed(server) == {"DeskpulseQueueSpike"} and hook.calls("platform-page"))

    over(server, SPIKE)
    beats = len(hook.calls("dead-man"))
    eventually(lambda: len(hook.calls("dead-man")) >= beats + 4)  # a group has its turn each second, as the watchdog's
    over(server, STALE)
    eventually(lambda: len(hook.calls("platform-page")) == 2)
    assert [call.said["status"] for call in hook.calls("support-page")] == ["firing"]
