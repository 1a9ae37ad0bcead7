"""What a storm left behind: the desk's books against what stands in Slack."""

import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bot.blocks.card import card, hidden
from bot.blocks.receipt import receipt
from bot.blocks.text import SlackMessage, escape, from_slack
from bot.sandbox import sample
from bot.sandbox.records import Message
from core.categories import DEFAULT_CATEGORIES
from core.delivery import message_key
from core.jobs import Kind
from core.text import clean
from storage.tables import Job, JobState, Reply, Ticket
from tests.chaos.checks import facts_of, installation_of, shows
from tests.chaos.mortal import MortalStory
from tests.chaos.storm import Storm

# How every draft of the model begins: nothing of that may be read where requesters read.
DRAFT = "Thank you for writing"


@dataclass
class Losses:
    """What must not have happened, and how often it did."""

    tickets_lost: int = 0
    messages_lost: int = 0
    tickets_duplicated: int = 0
    cards_twice: int = 0
    receipts_twice: int = 0
    replies_twice: int = 0
    replies_not_delivered: int = 0
    replies_without_approval: int = 0
    jobs_stuck: int = 0
    cards_that_disagree: int = 0
    receipts_that_disagree: int = 0
    texts_that_disagree: int = 0
    bots_that_ended_by_themselves: int = 0

    def __str__(self) -> str:
        return "\n".join(f"{name.replace('_', ' '):34}{n:6}" for name, n in asdict(self).items())


class Reckoning:
    """Counts every kind of loss, and keeps a line about each for whoever has to find its cause."""

    def __init__(self, storm: Storm) -> None:
        self.losses = Losses()
        self.details: list[str] = []
        self._storm = storm
        self._story: MortalStory = storm.story
        self._messages = list(_messages(self._story))
        self._tickets: Sequence[Ticket] = self._story.tickets()
        self._jobs: Sequence[Job] = self._story.rows(
            lambda session: session.scalars(select(Job)).all()
        )
        self._replies: Sequence[Reply] = self._story.rows(_replies)
        self._facts = {ticket.id: facts_of(self._story, ticket) for ticket in self._tickets}
        self._standing: dict[str, list[Message]] = {}
        for message in self._messages:
            if key := _key(message):
                self._standing.setdefault(key, []).append(message)

    def made(self) -> "Reckoning":
        """Count."""
        self._count_tickets()
        self._count_texts()
        self._count_jobs()
        self._count_receipts()
        self._count_cards()
        self._count_replies()
        self._count_drafts()
        for code in self._storm.record.exits:
            # A start that Slack did not answer ends in 1, for the supervisor to try again.
            if code not in {-signal.SIGKILL, 1}:
                self._found("bots_that_ended_by_themselves", f"exit code {code}")
        return self

    def _found(self, what: str, detail: str) -> None:
        setattr(self.losses, what, getattr(self.losses, what) + 1)
        self.details.append(f"{what}: {detail}")

    def _count_tickets(self) -> None:
        rows = self._story.said()
        known = {(row.channel, row.ts) for row in rows}
        roots = {(ticket.channel, ticket.root_ts) for ticket in self._tickets}
        for said in self._storm.record.said:
            place = (said.channel, said.ts)
            if place in known:
                continue
            if said.root_ts is None and place not in roots:
                self._found("tickets_lost", str(said))
            elif said.root_ts is not None:
                self._found("messages_lost", str(said))
        requests = Counter(
            ticket.raw_text.split(":")[0] for ticket in self._tickets if ticket.raw_text
        )
        for number in self._storm.record.commanded:
            if not requests[f"Request {number}"]:
                self._found("tickets_lost", f"/ticket Request {number}")
        for request, count in requests.items():
            if count > 1:
                self._found("tickets_duplicated", f"{request} is {count} tickets")

    def _count_texts(self) -> None:
        """What people wrote stands in the books as it stands in Slack now."""
        workspace = self._story.sandbox.workspace
        people = workspace.people.keys() - {workspace.bot.id}
        stands = {(each.channel, each.ts): each for each in self._messages}
        authored = {place: each for place, each in stands.items() if each.user in people}
        for row in self._story.said():
            if row.ts is None or row.channel is None or (row.channel, row.ts) not in authored:
                written = {(each.channel, each.ts) for each in self._storm.record.said}
                if (row.channel, row.ts) in written and row.text:
                    self._found("texts_that_disagree", f"{row.ts} was deleted: {row.text!r}")
                continue
            shown = authored[row.channel, row.ts]
            bot = f"<@{workspace.bot.id}> "
            if clean(from_slack(shown.text.replace(bot, ""))) != row.text:
                self._found("texts_that_disagree", f"{row.ts}: {shown.text!r} is {row.text!r}")

    def _count_jobs(self) -> None:
        for job in self._jobs:
            # A triage that fails three times is given up, and its card says so.
            may_fail = job.kind in {Kind.TRIAGE, Kind.HANDOVER}
            if job.state is not JobState.DONE and not (may_fail and job.state is JobState.FAILED):
                self._found("jobs_stuck", f"{job.kind} {job.id} {job.state}: {job.last_error}")

    def _count_receipts(self) -> None:
        keys: dict[int, list[str]] = {}
        for job in self._jobs:
            if job.kind == Kind.RECEIPT and job.ticket_id is not None:
                keys.setdefault(job.ticket_id, []).append(job.message_key)
        for ticket in self._tickets:
            standing = [
                each for key in keys.get(ticket.id, ()) for each in self._standing.get(key, ())
            ]
            if len(standing) > 1:
                self._found("receipts_twice", f"#{ticket.id}: {len(standing)}")
            for shown in standing:
                facts = self._facts[ticket.id]
                expected = receipt(facts.ticket, channel=shown.channel, joined=facts.joined)
                # The title above it may be the requester's still: no update goes out for that.
                if shown.ts != ticket.receipt_ts or shown.text != expected.text:
                    why = _difference(shown, expected)
                    self._found("receipts_that_disagree", f"#{ticket.id} {why}")
            if not standing and ticket.withdrawn_at is None:
                self._found("receipts_that_disagree", f"#{ticket.id} has none")

    def _count_cards(self) -> None:
        cards = {message.ts: message for message in self._story.cards()}
        for ticket in self._tickets:
            shown = cards.pop(ticket.card_ts or "", None)
            facts = self._facts[ticket.id]
            installation = installation_of(self._story, ticket.workspace_id)
            link = installation.link(facts.ticket)
            expected = (
                hidden(facts.ticket)
                if installation.hides(facts.ticket)
                else card(facts, categories=DEFAULT_CATEGORIES, link=link)
            )
            if shown is None or not shows(shown, expected):
                self._found("cards_that_disagree", f"#{ticket.id} {_difference(shown, expected)}")
        for message in cards.values():
            self._found("cards_twice", message.text[:80])

    def _count_replies(self) -> None:
        """What was approved was sent once, as it was approved, and by an agent."""
        for reply in self._replies:
            if reply.is_own_message or reply.taken_back_at is not None:
                continue
            standing = self._standing.get(message_key(reply), [])
            if len(standing) > 1:
                self._found("replies_twice", f"reply {reply.id}: {len(standing)}")
            if not standing:
                self._found("replies_not_delivered", f"reply {reply.id} {reply.delivery}")
            if not reply.approved_by.is_agent:
                self._found("replies_without_approval", f"reply {reply.id}")
            for shown in standing:
                if escape(reply.text) not in shown.text:
                    self._found("replies_without_approval", f"reply {reply.id}: {shown.text!r}")

    def _count_drafts(self) -> None:
        """A draft that nobody approved was never to be read where requesters read."""
        of_keys = {message_key(reply): reply for reply in self._replies}
        for change in self._storm.record.sent:
            message = change.message
            if message is None or message.channel == sample.TRIAGE or DRAFT not in message.text:
                continue
            sent = of_keys.get(_key(message) or "")
            if sent is None or escape(sent.text) not in message.text:
                self._found("replies_without_approval", f"{message.ts}: {message.text!r}")


def _messages(story: MortalStory) -> Iterator[Message]:
    workspace = story.sandbox.workspace
    for channel in list(workspace.channels):
        yield from workspace.messages(channel)


def _key(message: Message) -> str | None:
    payload = (message.metadata or {}).get("event_payload") or {}
    return payload.get("key")


def _replies(session: Session) -> Sequence[Reply]:
    query = select(Reply).options(joinedload(Reply.approved_by)).order_by(Reply.id)
    return session.scalars(query).all()


def _difference(shown: Message | None, expected: SlackMessage) -> str:
    if shown is None:
        return "is gone"
    words = [*expected.arguments()["blocks"], expected.text]
    found = [*shown.blocks, shown.text]
    return f"shows {found}, not {words}"
