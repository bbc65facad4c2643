"""TLS: with the files of the settings, and with new ones when they are renewed."""

from __future__ import annotations

import ssl
import subprocess
from typing import TYPE_CHECKING

import httpx2
import pytest

from stream.api.app import make_app
from stream.api.server import Server
from stream.api.source import Source
from stream.errors import UsageError
from stream.settings import Settings, load
from tests.logs import T0
from tests.stream.api.asking import FRESH

if TYPE_CHECKING:
    from pathlib import Path


def certify(folder: Path) -> Path:
    """Put a new key and a certificate for it into *folder*; return the certificate."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command, *subject, *files], check=True, capture_output=True, timeout=60)
    return folder / "cert.pem"


def settings_of(folder: Path) -> Settings:
    """Return settings with the files in *folder*."""
    files = {"tls_certfile": str(folder / "cert.pem"), "tls_keyfile": str(folder / "key.pem")}
    return load({"listen": "127.0.0.1:0", **files})


def serving(settings: Settings) -> Server:
    """Return a server that answers from a snapshot that was made now."""
    return Server(make_app(Source(settings, lambda: FRESH, clock=lambda: T0)), settings)


def ask(address: str, *, trusted: ssl.SSLContext) -> str:
    """Return what /ready says over a connection of its own."""
    return httpx2.get(f"{address}/ready", verify=trusted, timeout=20).text


def test_answers_are_encrypted(tmp_path: Path) -> None:
    """The address says so; who trusts the certificate is answered, without TLS nobody is."""
    certificate = certify(tmp_path)
    trusted = ssl.create_default_context(cafile=certificate)

    with serving(settings_of(tmp_path)) as server:
        assert server.address.startswith("https://127.0.0.1:")
        assert ask(server.address, trusted=trusted) == "ready\n"
        with pytest.raises(httpx2.TransportError):
            httpx2.get(server.address.replace("https", "http") + "/ready", timeout=20)


def test_a_renewed_certificate_counts_without_a_restart(tmp_path: Path) -> None:
    """From the second connection on; files that do not fit change nothing."""
    old = ssl.create_default_context(cafile=certify(tmp_path))

    with serving(settings_of(tmp_path)) as server:
        assert ask(server.address, trusted=old) == "ready\n"
        (tmp_path / "cert.pem").write_text("half of it")
        assert ask(server.address, trusted=old) == "ready\n"
        assert ask(server.address, trusted=old) == "ready\n"
        new = ssl.create_default_context(cafile=certify(tmp_path))
        assert ask(server.address, trusted=old) == "ready\n"

        assert ask(server.address, trusted=new) == "ready\n"


def test_files_that_do_not_fit_end_it(tmp_path: Path) -> None:
    """One line with the setting, the file and what is wrong: another key, no certificate at all."""
    (tmp_path / "other").mkdir()
    certificate, other = certify(tmp_path), certify(tmp_path / "other")
    other.with_name("key.pem").rename(tmp_path / "key.pem")

    with pytest.raises(UsageError) as caught:
        serving(settings_of(tmp_path))
    (tmp_path / "key.pem").write_text("")
    with pytest.raises(UsageError, match=r"^DESKPULSE_TLS_CERTFILE: "):
        serving(settings_of(tmp_path))

    said = f"DESKPULSE_TLS_CERTFILE: {certificate} with its key cannot be used (key values mismatch)"
    assert str(caught.value) == said
