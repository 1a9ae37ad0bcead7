"""All checks, each as independent of the others as it can be."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import aiohttp

from bot.app import SLACK_TIMEOUT, slack_client
from bot.doctor import configuration, database, model, places, slack
from bot.doctor.configuration import Given
from bot.doctor.finding import Finding, State, skipped
from bot.posting import Poster
from bot.redaction import Redactor, known_secrets, redact
from core.settings import Settings

OF_TOKEN = ("bot_token", "scopes", "clock")


async def examine() -> list[Finding]:
    """Look at everything that the settings name; no secret is told.

    Nothing is changed, but that the ledger gets the account of the call to the model.
    """
    given, findings = configuration.read()
    because = given.lacks("DATABASE_URL")
    stored = (
        [skipped(name, because) for name in ("database", "schema", "prompts", "disk")]
        if because
        else await asyncio.to_thread(database.examine, given.settings)
    )
    slack_side = await _of_slack(given)
    of_model = await model.examine(given, _account(given, stored))
    return list(_redacted([*findings, *stored, *slack_side, of_model], given.settings))


def _redacted(findings: Iterable[Finding], settings: Settings) -> Iterator[Finding]:
    """Take out what servers repeat of what they were sent.

    What to do is in our own words: a database's password that is one of them must not hide it.
    """
    redactor = Redactor(known_secrets(settings))
    for each in findings:
        yield replace(each, says=redactor.text(each.says), do=redact(each.do))


def _account(given: Given, stored: Sequence[Finding]) -> model.Account:
    """Return what writes a call into the ledger, or nothing where there is none to write to."""
    if any(each.state not in {State.OK, State.WARN} for each in stored):
        return lambda _: None
    return partial(database.account, given.settings)


async def _of_slack(given: Given) -> list[Finding]:
    settings = given.settings
    if because := given.lacks("SLACK_API_URL"):
        names = (*OF_TOKEN, "app_token")
        return [*(skipped(name, because) for name in names), *places.not_looked_at(because)]
    async with aiohttp.ClientSession(timeout=SLACK_TIMEOUT, trust_env=True) as session:
        token = settings.slack_bot_token.get_secret_value()
        client = slack_client(settings, session, token=token)
        ways_in = [await slack.app_token(client, given), slack.signing_secret(given)]
        found = [each for each in ways_in if each is not None]
        if because := given.lacks("SLACK_BOT_TOKEN"):
            return [
                *(skipped(name, because) for name in OF_TOKEN),
                *found,
                *places.not_looked_at(because),
            ]
        refused: list[str] = []
        poster = Poster(client, refused.append)
        me, of_token = await slack.who_am_i(poster, client, settings, refused)
        if me is None:
            there = places.not_looked_at("Slack does not say who the bot is")
        else:
            there = await places.examine(poster, client, given, slack.identity(me))
        return [*of_token, *found, *there]
