"""Logs: one line an event, for people or for machines, and no secret in any of them."""

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from types import TracebackType

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from bot.redaction import Redactor

# Below this the SDKs log whole bodies: tokens and what users wrote.
QUIET = (
    *("slack_bolt", "slack_sdk", "openai", "httpx", "httpcore", "aiohttp", "apscheduler"),
    *("alembic", "uvicorn"),
)

SELDOM = 600.0


def set_up(*, level: str, form: str, secrets: Iterable[str] = ()) -> None:
    """Send every log, ours and the libraries', to standard error in that form.

    What ends the process goes there, too, and none of it with one of the ``secrets``.
    """
    redactor = Redactor(secrets)

    def redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {redactor.text(name): redactor.value(value) for name, value in event.items()}

    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _Handler(redactor)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redacted,
                _renderer(form),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(True)
    logging.getLogger("slack_bolt").addFilter(Seldom())  # the SDK's, too, in its socket
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    # Asked to log each statement, it would write to standard output by itself as well.
    logging.getLogger("sqlalchemy.engine.Engine").addHandler(logging.NullHandler())
    _log_crashes()


def _renderer(form: str) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())


class Seldom(logging.Filter):
    """Lets a library say once in ten minutes what it would say every ten seconds of an outage."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether nothing was said from the same place of the code for so long."""
        place, now = (record.pathname, record.lineno), self._clock()
        if now - self._said.get(place, -SELDOM) < SELDOM:
            return False
        self._said[place] = now
        return True


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """Where a line cannot be written, says so without what should have stood in it."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__(sys.stderr)
        self._redactor = redactor

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        why = self._redactor.text(traceback.format_exc(limit=0).strip())
        sys.stderr.write(f"a line of {record.name} could not be logged: {why}\n")


def _log_crashes() -> None:
    log = structlog.get_logger("ticketloop")

    def crashed(
        kind: type[BaseException], error: BaseException, where: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, where)
        else:
            log.critical("a bug ended the desk", exc_info=(kind, error, where))

    sys.excepthook = crashed
    threading.excepthook = lambda args: log.error(
        "a bug ended a thread", exc_info=args[:3] if args.exc_value else None
    )
    sys.unraisablehook = lambda args: log.error(
        "an error came where none can be raised",
        said=args.err_msg,
        where=args.object,
        exc_info=args.exc_value,
    )
