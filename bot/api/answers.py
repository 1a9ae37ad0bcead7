"""What the API shows: rows of the desk as JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from core.installation import Installation
from storage.tables import Contact, Status, Ticket, TicketPriority, TriageStatus

Item = TypeVar("Item", bound=BaseModel)


class Shown(BaseModel):
    """Made from the attributes of a row."""

    model_config = ConfigDict(from_attributes=True)


class ContactShown(Shown):
    """A requester, an agent, or who holds a token."""

    id: int
    name: str
    email: str | None
    slack_user_id: str | None
    is_agent: bool


class TicketShown(Shown):
    """A ticket with its people. ``card_url`` leads to its card in Slack."""

    id: int
    title: str
    raw_text: str
    source: str
    external_id: str | None
    status: Status
    triage_status: TriageStatus
    triage_error: str | None
    category: str | None
    priority: TicketPriority
    private: bool
    contact: ContactShown = Field(validation_alias="requester")
    opened_by: ContactShown | None
    assignee: ContactShown | None
    resolved_by: ContactShown | None
    is_transferred: bool
    transferred_to: str | None
    handover_summary: str | None
    created_at: datetime
    updated_at: datetime
    first_response_at: datetime | None
    resolved_at: datetime | None
    withdrawn_at: datetime | None
    card_url: str | None = None


class Page(BaseModel, Generic[Item]):
    """Some of a list; ``next_cursor`` leads to the rest, and is null at its end."""

    items: Sequence[Item]
    next_cursor: str | None


def contact(row: Contact) -> ContactShown:
    """Return the contact as the API shows it."""
    return ContactShown.model_validate(row)


def ticket(row: Ticket, *, installation: Installation) -> TicketShown:
    """Return the ticket, which was loaded with its people, as the API shows it."""
    shown = TicketShown.model_validate(row)
    return shown.model_copy(update={"card_url": installation.card_link(row)})
