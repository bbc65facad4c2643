"""Log lines: one event name with fields a decision, on stderr, for people or as JSON."""

from __future__ import annotations

import logging
import sys
import warnings
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.settings import Settings

LIBRARIES = ("faust", "mode", "aiokafka", "kafka", "asyncio", "redis")
"""Loggers of libraries that repeat an outage many times a second; our own events say it once."""


def configure(settings: Settings) -> None:
    """Send all log lines of this process to stderr, from the level and in the format of the settings."""
    shared: Sequence[Any] = (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    )
    json = settings.log_format == "json"
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if json
        # Plain tracebacks: those with local variables would show what customers wrote.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    finish = [structlog.processors.format_exc_info] if json else []
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish, renderer],
        )
    )
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(settings.log_level.upper())
    debug = settings.log_level == "debug"
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.DEBUG if debug else logging.CRITICAL)
    if not debug:
        warnings.simplefilter("ignore")
