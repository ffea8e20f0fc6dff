"""Logs: JSON in a cluster, coloured on a terminal; one way for our lines and for libraries'."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog

_QUIET = ("kopf", "aiohttp", "asyncio", "kubernetes", "httpx", "httpcore")


def set_up_logs(log_format: Literal["auto", "json", "console"], level: str) -> None:
    """Set up structlog and the standard library's logging for the whole process."""
    as_console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: list[structlog.typing.Processor] = (
        # Plain: a prettier traceback shows variables, and those of a request hold its token.
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if as_console
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:  # Kopf tells of every step at level info; our own lines do that better.
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
