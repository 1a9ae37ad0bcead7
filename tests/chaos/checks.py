"""What must be true of a desk at rest."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from bot.blocks.card import card
from bot.blocks.receipt import answer, receipt
from bot.blocks.text import SlackMessage
from bot.sandbox import sample
from bot.sandbox.records import Message
from core.categories import DEFAULT_CATEGORIES
from core.facts import Facts, of_ticket
from core.installation import Installation
from storage.repositories import triage
from storage.tables import (
    AuditEvent,
    Delivery,
    Job,
    JobState,
    ModelCall,
    Reply,
    Ticket,
    TriageStatus,
)
from tests.chaos.mortal import MortalStory


def assert_at_rest(story: MortalStory) -> None:
    """Everything stands in Slack once and says what the database says; nothing is left to do."""
    jobs: Sequence[Job] = story.rows(lambda session: session.scalars(select(Job)).all())
    assert {job.state for job in jobs} == {JobState.DONE}
    cards = {message.ts: message for message in story.cards()}
    for ticket in story.tickets():
        installation = installation_of(story, ticket.workspace_id)
        facts = facts_of(story, ticket)
        assert facts.ticket.triage_status is TriageStatus.COMPLETED
        shown = cards.pop(facts.ticket.card_ts or "")
        link = installation.link(facts.ticket)
        _assert_shows(shown, card(facts, categories=DEFAULT_CATEGORIES, link=link))
        _assert_thread(story, facts)
    assert not cards, f"{len(cards)} cards of no ticket"


def installation_of(story: MortalStory, workspace_id: int) -> Installation:
    """Return the desk's workspace as the desk knows it."""
    workspace = story.sandbox.workspace
    return Installation(
        workspace_id=workspace_id,
        team_id=workspace.team_id,
        bot_user_id=workspace.bot.id,
        triage_channel=sample.TRIAGE,
        url=f"https://{workspace.team_domain}.slack.com/",
    )


def facts_of(story: MortalStory, ticket: Ticket) -> Facts:
    """Return what the database says of the ticket now."""
    installation = installation_of(story, ticket.workspace_id)
    found: Facts = story.rows(
        lambda session: of_ticket(session, installation=installation, number=ticket.id)
    )
    return found


def _assert_thread(story: MortalStory, facts: Facts) -> None:
    """One receipt, and every approved reply once."""
    ticket = facts.ticket
    thread = {each.ts: each for each in story.thread(ticket.channel or "", ticket.root_ts or "")}
    _assert_shows(thread.pop(ticket.receipt_ts or ""), receipt(ticket))
    replies: Sequence[Reply] = story.rows(
        lambda session: triage.last_replies(session, ticket_id=ticket.id, limit=100)
    )
    assert len(thread) == len(replies), [each.text for each in thread.values()]
    for reply, shown in zip(reversed(replies), thread.values(), strict=True):
        assert reply.delivery is Delivery.SENT
        _assert_shows(shown, answer(reply, ticket))


def shows(shown: Message, expected: SlackMessage) -> bool:
    """Whether the message says just that."""
    arguments = expected.arguments()
    content = _content(list(shown.blocks))
    return bool(shown.text == arguments["text"] and content == _content(arguments["blocks"]))


def _assert_shows(shown: Message, expected: SlackMessage) -> None:
    arguments = expected.arguments()
    assert shown.text == arguments["text"]
    assert _content(list(shown.blocks)) == _content(arguments["blocks"])


def _content(part: Any) -> Any:
    """The blocks without their ids, which Slack makes up where there are none."""
    if isinstance(part, list):
        return [_content(each) for each in part]
    if isinstance(part, dict):
        return {key: _content(each) for key, each in part.items() if key != "block_id"}
    return part


def actions(story: MortalStory, number: int) -> list[str]:
    """Return what was done with the ticket, in order."""
    query = select(AuditEvent.action).where(AuditEvent.ticket_id == number).order_by(AuditEvent.id)
    return list(story.rows(lambda session: session.scalars(query).all()))


def outcomes(story: MortalStory) -> list[str]:
    """Return how each row of the ledger ended, oldest first."""
    query = select(ModelCall.outcome).order_by(ModelCall.id)
    return list(story.rows(lambda session: session.scalars(query).all()))
