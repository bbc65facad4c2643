"""`deskpulse export` where Kafka, a topic or a file is not there; what it writes is in the tests of the pipeline."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from tests.deskpulse import refused

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services import Kafka


def refusal(kafka: str, *arguments: str) -> str:
    """Return the one line with which `deskpulse export` ends, exit code 2."""
    return refused("export", *arguments, DESKPULSE_KAFKA=kafka)


def test_a_kafka_that_is_away_is_one_line_that_names_the_setting() -> None:
    """Nothing of the client's own words, and no consumer that nobody closed."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        kafka = f"127.0.0.1:{nobody.getsockname()[1]}"

        assert refusal(kafka).startswith(f"DESKPULSE_KAFKA: {kafka} does not answer (")


def test_a_topic_that_is_not_there_is_named(kafka: Kafka) -> None:
    """And the settings that name topics."""
    line = refusal(kafka.address, "--topic", "nowhere")

    assert line == "--topic: Kafka has no topic 'nowhere' (see DESKPULSE_TOPICS_CHAT, _TICKET, _AGENT)"


def test_a_file_that_cannot_be_written_is_named(kafka: Kafka, tmp_path: Path) -> None:
    """With the reason."""
    line = refusal(kafka.address, "--topic", kafka.topic("log", partitions=1), "--out", str(tmp_path / "no" / "log"))

    assert line == f"--out: {tmp_path}/no/log: No such file or directory"
