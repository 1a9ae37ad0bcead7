"""The composition root: everything is made here once, and handed to what needs it."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot import listeners, outbox
from bot.counted_client import CountedClient
from bot.database import open_database
from bot.dispatch import App
from bot.install import install
from bot.model import model_client, summariser, triage_kind
from bot.outbox import handovers
from bot.outbox.office import Office
from bot.parts import Parts
from bot.posting import Poster
from bot.webhooks import network
from bot.webhooks.sending import Sender
from core import schedule
from core.desk import Desk
from core.handover_job import Handover
from core.installation import Installation
from core.jobs import Kind
from core.metrics import Metrics
from core.rehearsal import rehearse
from core.retry import Policy
from core.settings import Settings
from core.worker import JobKind, Slot, Worker

if TYPE_CHECKING:
    from core.model import ModelClient

SLACK_TIMEOUT = aiohttp.ClientTimeout(total=10)
SLACK_CALLS_AT_ONCE = 8
WEBHOOKS_AT_ONCE = 8

# https://docs.slack.dev/apis/web-api/rate-limits: about one message a second and channel; updates
# are tier 3, 50 a minute.
INTERVALS = {
    "post": timedelta(seconds=1),
    "update": timedelta(seconds=1.3),
    # As fast as the other side takes it, unless it refuses.
    "reaction": timedelta(0),
    "webhook": timedelta(0),
}


@dataclass(frozen=True)
class Running:
    """The parts of a desk that is connected to its workspace.

    ``app`` is there where the process takes events, ``worker`` where it does jobs.
    """

    parts: Parts
    app: App | None
    worker: Worker | None


@asynccontextmanager
async def assembled(
    settings: Settings, on_unauthorised: Callable[[str], None]
) -> AsyncIterator[Running]:
    """Make the desk, from its database to its listeners, and close it at the end.

    Raises:
        ConfigurationError: it cannot work with these settings; the text says what to mend.
    """
    role = settings.role
    desk = Desk(open_database(settings))
    if role.does_jobs:
        desk.listen()
    try:
        # The SDK makes a session a call unless it is given one.
        async with aiohttp.ClientSession(timeout=SLACK_TIMEOUT, trust_env=True) as session:
            token = settings.slack_bot_token.get_secret_value()
            client = slack_client(settings, session, token=token, metrics=desk.metrics)
            poster = Poster(client, on_unauthorised)
            installation = await install(settings, desk, client, poster)
            parts = Parts(desk, installation, settings, client, session)
            if role.takes_events:
                await rehearse(desk, installation)
            app = _app(parts) if role.takes_events else None
            async with (
                model_client(settings) as model,
                network.client(to_private=settings.webhooks_to_private_addresses) as webhooks,
            ):
                desk.metrics.breaker = model.breaker if model is not None else None
                sender = Sender(desk, installation, webhooks)
                worker = _worker(parts, poster, model, sender) if role.does_jobs else None
                yield Running(parts, app, worker)
    finally:
        desk.close()


def slack_client(
    settings: Settings,
    session: aiohttp.ClientSession,
    *,
    token: str | None,
    metrics: Metrics | None = None,
) -> AsyncWebClient:
    """Make a client. It retries nothing by itself: the queue does, and looks before it posts."""
    return CountedClient(
        metrics or Metrics(),
        token=token,
        base_url=settings.slack_api_url,
        session=session,
        retry_handlers=[],
    )


def _is_news(record: logging.LogRecord) -> bool:
    """Bolt always says this where SLACK_BOT_TOKEN is in the environment; that very one is used."""
    return "`token` will be unused" not in record.getMessage()


def bolt(
    settings: Settings,
    session: aiohttp.ClientSession,
    installation: Installation,
    metrics: Metrics,
) -> App:
    """Make the Bolt app, in which an acknowledgement means that the listener has committed.

    Given a token alone, Bolt asks ``auth.test`` when the first event comes, and acknowledges that
    event unheard if Slack cannot answer. So it is told who it is, and asks nobody.
    """

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=installation.team_id,
            bot_user_id=installation.bot_user_id,
            bot_token=settings.slack_bot_token.get_secret_value(),
        )

    logger = logging.getLogger("slack_bolt")
    logger.addFilter(_is_news)
    secret = settings.slack_signing_secret
    return App(
        # Without one Bolt looks for its caller's file, for which it reads every module's path.
        name="ticketloop",
        client=slack_client(settings, session, token=None),
        authorize=authorize,
        # Without one nothing is taken over HTTP; with an empty one Bolt would refuse it, too.
        signing_secret=secret.get_secret_value() if secret is not None else "",
        # Bolt would drop the news, too, that somebody deleted a card: see ``listeners``.
        ignoring_self_events_enabled=False,
        logger=logger,
        process_before_response=True,
        metrics=metrics,
    )


def _app(parts: Parts) -> App:
    app = bolt(parts.settings, parts.session, parts.installation, parts.desk.metrics)
    listeners.register(app, parts)
    return app


def _worker(parts: Parts, poster: Poster, model: "ModelClient | None", sender: Sender) -> Worker:
    settings = parts.settings
    office = Office(parts.desk, parts.installation, settings, parts.client, parts.session, poster)
    handover = Handover(parts.desk, parts.installation, summariser(settings, model))
    kinds = {
        **outbox.kinds(office),
        Kind.TRIAGE: triage_kind(parts.desk, parts.installation, settings, model),
        Kind.HANDOVER: JobKind(
            partial(handovers.suggest, office, handover), Policy(max_attempts=1), slot=Slot.MODEL
        ),
        Kind.WEBHOOK: JobKind(
            sender.handle, outbox.A_DAY, slot=Slot.WEBHOOK, give_up=sender.give_up
        ),
        Kind.PRUNE: JobKind(partial(schedule.prune, parts.desk), Policy(max_attempts=3)),
    }
    return Worker(
        parts.desk,
        kinds,
        slots={
            Slot.MODEL: settings.model_concurrency,
            Slot.SLACK: SLACK_CALLS_AT_ONCE,
            Slot.WEBHOOK: WEBHOOKS_AT_ONCE,
        },
        intervals={name: each * settings.pace_scale for name, each in INTERVALS.items()},
        lease=timedelta(seconds=settings.job_lease),
    )
