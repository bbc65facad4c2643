"""TLS: the certificate and the key that settings name, taken up again when they are renewed."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from stream.errors import UsageError

if TYPE_CHECKING:
    from stream.settings import Settings

log = structlog.get_logger(__name__)


def context(settings: Settings) -> ssl.SSLContext | None:
    """Return the context of the files in *settings*, None without any; UsageError if they are of no use.

    A renewed certificate counts from the second connection after it on, without a restart.
    """
    if settings.tls_certfile is None:
        return None
    certificate, key = settings.tls_certfile, settings.tls_keyfile
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        _load(made, certificate, key)
    except (OSError, ValueError) as error:
        message = f"DESKPULSE_TLS_CERTFILE: {certificate} with its key cannot be used ({_why(error)})"
        raise UsageError(message) from error
    seen = [_look(certificate, key)]

    def renewed(*_: object) -> None:
        look = _look(certificate, key)
        if look == seen[0]:
            return
        seen[0] = look
        try:
            _load(made, certificate, key)
        except (OSError, ValueError) as error:
            log.warning("certificate_kept", file=certificate, why=_why(error), action="the one before goes on")
        else:
            log.info("certificate_read", file=certificate)

    # Called at the beginning of each handshake, which goes on with what was there before.
    made.sni_callback = renewed
    return made


def _load(made: ssl.SSLContext, certificate: str, key: str | None) -> None:
    # A key with a password would ask for it on the terminal.
    made.load_cert_chain(certificate, key, password="")


def _look(certificate: str, key: str | None) -> list[tuple[int, int, int] | None]:
    return [_stat(file) for file in (certificate, key or certificate)]


def _stat(file: str) -> tuple[int, int, int] | None:
    try:
        found = Path(file).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
    return str(reason).lower().replace("_", " ")
