"""What callers of the API send."""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from core import batches, contacts, handover, replies, submissions
from core.entries import Entry
from core.rights import LARGEST_NUMBER
from core.submissions import Person, Submission
from core.text import MESSAGE_LIMIT, TITLE_LIMIT
from storage.tables import Role, TicketPriority, Visibility

# A number beyond it is nobody's.
LARGEST_ID = LARGEST_NUMBER


def _written_out(value: object) -> object:
    """Take a moment as RFC 3339 writes it, and no number for one.

    In an address, a plus that was not encoded arrives as a blank.
    """
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d[Tt ]", value):
        raise ValueError("write the moment as 2026-01-31T12:00:00Z")
    return re.sub(r" (?=\d\d:\d\d$)", "+", value)


def _in_utc(moment: datetime) -> datetime:
    """At the ends of the calendar, what is a moment elsewhere is none in UTC."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("no calendar has this moment in UTC") from None


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
Text = Annotated[str, StringConstraints(max_length=MESSAGE_LIMIT)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class Sent(BaseModel):
    """A body. What it does not know it refuses: a misspelt name would be lost silently."""

    model_config = ConfigDict(extra="forbid")


class ContactSent(Sent):
    """Who asks. Somebody whose address is known is that person; without one it is somebody new."""

    name: Annotated[str, StringConstraints(max_length=contacts.NAME_LIMIT)] = ""
    email: Annotated[str, StringConstraints(max_length=320)] | None = Field(
        None, examples=["ana@example.com"]
    )


class NewTicket(Sent):
    """A ticket. Its text is ``raw_text`` or ``description``; a ``title`` of its own stays."""

    raw_text: Text | None = Field(None, examples=["I cannot log in to my account."])
    title: Annotated[str, StringConstraints(max_length=TITLE_LIMIT)] | None = None
    description: Text | None = None
    source: Annotated[str, StringConstraints(max_length=submissions.SOURCE_LIMIT)] = Field(
        submissions.SOURCE, description="What the system that asks calls itself.", examples=["web"]
    )
    external_id: (
        Annotated[str, StringConstraints(max_length=submissions.EXTERNAL_ID_LIMIT)] | None
    ) = Field(None, description="What that system calls the ticket; the same again is the same.")
    contact: ContactSent | None = None
    owner_id: Id | None = Field(None, description="A contact by its number, in place of contact.")
    private: bool = False
    priority: TicketPriority | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if self.raw_text is None and self.title is None:
            raise ValueError("give raw_text, or title and description")
        if self.raw_text is not None and self.description is not None:
            raise ValueError("give either raw_text or description: both are the ticket's text")
        if self.contact is not None and self.owner_id is not None:
            raise ValueError("give either contact or owner_id")
        return self

    def submission(self) -> Submission:
        """Return it as the desk takes it."""
        person = self.contact
        return Submission(
            text=self.raw_text or self.description or "",
            title=self.title or "",
            source=self.source,
            external_id=self.external_id,
            contact=Person(person.name, person.email) if person is not None else None,
            owner_id=self.owner_id,
            private=self.private,
            priority=self.priority,
        )


class NewMessage(Sent):
    """What is added to a conversation."""

    role: Literal[Role.REQUESTER, Role.AGENT, Role.PARTICIPANT] | None = Field(
        None,
        description="requester: their follow-up. agent: an answer that goes out, or a note. "
        "participant: anybody else, such as a bot that spoke with them. Without it, what is "
        "public is the requester's, and what is internal an agent's note.",
    )
    visibility: Visibility = Field(description="public: the requester reads it. internal: a note.")
    text: Text = Field(min_length=1)

    def entry(self) -> Entry:
        """Return it as the desk takes it; nothing goes out as an answer that was not said to be."""
        is_public = self.visibility is Visibility.PUBLIC
        by_default = Role.REQUESTER if is_public else Role.AGENT
        return Entry(self.role or by_default, self.visibility, self.text)


class SeenSent(Sent):
    """How far whoever approves has read, as the problem newer-messages said it."""

    message_id: Annotated[int, Field(ge=0, le=LARGEST_ID)] = 0
    edited_at: Moment | None = None


class Approval(Sent):
    """Which draft is approved, and the text that is sent in place of it, if another."""

    result_id: Id
    text: Annotated[str, StringConstraints(min_length=1, max_length=replies.REPLY_LIMIT)] | None = (
        None
    )
    seen: SeenSent | None = None


class HandingOver(Sent):
    """Who takes over: a person or a channel in Slack, by their ids; and what they must know."""

    to_person: Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]{2,30}$")] | None = Field(
        None, examples=["U0BEN000001"]
    )
    to_channel: Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]{2,30}$")] | None = None
    summary: Annotated[str, StringConstraints(min_length=1, max_length=handover.SUMMARY_LIMIT)] = (
        Field(examples=["VPN error 809 since the update; the logs are in the ticket."])
    )


class NewBatch(Sent):
    """How many tickets are triaged, and how many of them at once."""

    limit: Annotated[int, Field(ge=1, le=batches.MOST)] | None = Field(
        None,
        description=f"The oldest so many; {batches.MOST:,} unless said. Ask again for the rest.",
    )
    concurrency: Annotated[int, Field(ge=1, le=1_000)] | None = Field(
        None, description="At most as many as the model takes at once, which is the default."
    )
