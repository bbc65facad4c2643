"""A Prometheus of our own for one back-test: its tools, its blocks of history, and what it answers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import orjson

from stream.devstack.process import end, free_port, spawn
from stream.errors import UsageError
from stream.unwinding import held

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_S = 60
QUERY_S = 600
BLOCK_MS = 18 * 3_600_000
"""The longest span of a block: 2 h × 3², as Prometheus' own go up by threes. An import reads its file once a block."""
_WHERE_TO_GET_IT = "install it (Debian and Ubuntu: apt install prometheus; others: https://prometheus.io/download)"


class Tools(NamedTuple):
    """Where the programs are."""

    prometheus: str
    promtool: str


class Series(NamedTuple):
    """One series of an answer: its labels and its values as Prometheus writes them, by epoch ms."""

    labels: dict[str, str]
    values: list[tuple[int, str]]


def find_tools() -> Tools:
    """Return the programs on PATH. UsageError that says where to get them."""
    found = {name: shutil.which(name) for name in Tools._fields}
    for name, path in found.items():
        if path is None:
            message = f"backtest: no {name} on PATH: {_WHERE_TO_GET_IT}"
            raise UsageError(message)
    return Tools(*(str(path) for path in found.values()))


def check_rules(tools: Tools, file: Path) -> None:
    """Raise UsageError, with the line or the rule, if *file* is no file of rules."""
    done = _run(tools.promtool, "check", "rules", "--lint=none", str(file))
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip() not in ("", "FAILED:")]
        said = " ".join(dict.fromkeys(lines)).removeprefix("promtool: error: ").removesuffix(", try --help")
        message = said if str(file) in said else f"{file}: {said}"
        raise UsageError(message)


def make_blocks(tools: Tools, text: Path, data: Path) -> None:
    """Turn *text*, a file of OpenMetrics, into blocks below *data*; beside it is what that takes meanwhile."""
    limit = f"--max-block-duration={BLOCK_MS // 1000}s"
    importing = (tools.promtool, "tsdb", "create-blocks-from", "openmetrics")
    done = _run(*importing, "--quiet", limit, str(text), str(data), keeps=text.parent)
    if done.returncode:
        message = f"backtest: promtool takes none of the numbers: {' '.join(done.stderr.split())}"
        raise UsageError(message)


class Prometheus:
    """A server that answers at `url`."""

    def __init__(self, url: str) -> None:
        self._url = url

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups of the rules it has loaded, as its API gives them."""
        found: list[dict[str, Any]] = self._get("rules", {})["groups"]
        return found

    def over(self, expression: str, *, first_ms: int, last_ms: int, step_ms: int) -> list[Series]:
        """Return what *expression* yields at *first_ms*, *step_ms* later and so on up to *last_ms*.

        Raises UsageError with what Prometheus says against it.
        """
        asked = {"query": expression, "start": _seconds(first_ms), "end": _seconds(last_ms), "step": _seconds(step_ms)}
        return [
            Series(each["metric"], [(round(t * 1000), value) for t, value in each["values"]])
            for each in self._get("query_range", asked)["result"]
        ]

    def _get(self, path: str, parameters: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
        body = urlencode(parameters).encode() if parameters else None
        try:
            with urlopen(f"{self._url}/api/v1/{path}", data=body, timeout=QUERY_S) as answer:  # noqa: S310 - our own
                return orjson.loads(answer.read())["data"]
        except HTTPError as error:
            said = error.read()
            try:
                text = orjson.loads(said)["error"]
            except (orjson.JSONDecodeError, KeyError, TypeError):
                text = f"{error.code} {error.reason}"
            raise UsageError(re.sub(r"\s+", " ", str(text))) from error


@contextmanager
def running(
    tools: Tools, folder: Path, *, data: Path, interval_ms: int, rules: Path | None = None
) -> Iterator[Prometheus]:
    """Run a Prometheus on a free port of this machine over the blocks below *data* while the body runs.

    An instant sees the samples of the *interval_ms* up to it and nothing before: blocks hold no staleness markers, and
    with the usual look-back a value that has gone would be seen for five minutes more.
    """
    # JSON is YAML. Nothing is scraped; groups that name no interval have this one.
    config = {"global": {"evaluation_interval": _duration(interval_ms)}, "rule_files": [str(rules)] if rules else []}
    file, log, port = folder / "prometheus.yml", folder / "prometheus.log", free_port()
    file.write_text(json.dumps(config))
    log.write_bytes(b"")
    options = {
        "config.file": str(file),
        "storage.tsdb.path": str(data),
        "storage.tsdb.retention.time": "100y",
        "web.listen-address": f"127.0.0.1:{port}",
        # One millisecond less, for up to 2.x a sample exactly as old as the look-back is seen.
        "query.lookback-delta": _duration(interval_ms - 1),
        "query.timeout": _duration(QUERY_S * 1000),
        "log.level": "warn",
    }
    command = [tools.prometheus, *(f"--{name}={value}" for name, value in options.items())]
    with ExitStack() as stack:
        with held():
            child = spawn(command, folder=folder, log=log, env=_keeping(folder))
            stack.callback(_end, child)
        url = f"http://127.0.0.1:{port}"
        _wait(child, url, log)
        yield Prometheus(url)


def _wait(child: subprocess.Popen[bytes], url: str, log: Path) -> None:
    patience = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urlopen(f"{url}/-/ready", timeout=PATIENCE_S) as answer:  # noqa: S310 - our own address
                if answer.status == 200:  # noqa: PLR2004 - OK
                    return
        except (URLError, OSError):
            pass
        if child.poll() is not None or time.monotonic() > patience:
            lines = log.read_text(errors="replace").splitlines()
            message = f"backtest: Prometheus does not start: {lines[-1] if lines else 'it says nothing'}"
            raise UsageError(message)
        time.sleep(0.05)


def _run(*command: str, keeps: Path | None = None) -> subprocess.CompletedProcess[str]:
    with ExitStack() as stack:
        with held():
            child = stack.enter_context(
                subprocess.Popen(  # noqa: S603 - found on PATH
                    command, env=_keeping(keeps) if keeps else None, stdout=subprocess.PIPE, stderr=subprocess.PIPE
                )
            )
            stack.callback(_end, child)
        said, failed = (text.decode(errors="replace") for text in child.communicate())
    return subprocess.CompletedProcess(command, child.returncode, said, failed)


def _keeping(folder: Path) -> dict[str, str]:
    """Return the environment of a child whose temporary files, which it leaves when it is ended, are in *folder*."""
    return {**os.environ, "TMPDIR": str(folder)}


def _end(child: subprocess.Popen[bytes]) -> None:
    """Return when *child* is gone, whatever else ends meanwhile: it writes into a folder that is removed then."""
    with held():
        end(child)


def _duration(ms: int) -> str:
    seconds, rest = divmod(ms, 1000)
    return "".join(f"{number}{unit}" for number, unit in ((seconds, "s"), (rest, "ms")) if number) or "0s"


def _seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03d}"
