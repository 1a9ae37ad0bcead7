"""Logs: one line an event, for people or for machines, and no secret in any of them."""

import logging
import re
import sys
from typing import Any

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

# Below this the SDKs log whole bodies: tokens and what users wrote.
QUIET = (
    *("slack_bolt", "slack_sdk", "openai", "httpx", "httpcore", "aiohttp", "apscheduler"),
    "alembic",
)
LINE_LIMIT = 8_000

_SECRET = re.compile(
    r"(xox[a-z]-|xapp-|xoxe\.|sk-)[\w-]{6,}"
    r"|(?<=://)[^/\s:@]*:[^/\s]+(?=@)"
    r"|(?i:(?<=bearer )[A-Za-z0-9._-]{8,})"
)


def redact(text: str) -> str:
    """Return the text without tokens, keys, and passwords in addresses."""
    return _SECRET.sub("[redacted]", text)


def _redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {name: _safe(value) for name, value in event.items()}


def _safe(value: Any) -> Any:
    return redact(value)[:LINE_LIMIT] if isinstance(value, str) else value


def set_up(*, level: str, form: str) -> None:
    """Send every log, ours and the libraries', to standard error in that form."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redacted,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
