"""What the API shows: rows of the desk as JSON."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, Literal, TypeVar

from pydantic import AliasPath, BaseModel, ConfigDict, Field

from bot.api.problems import ProblemDocument
from core.batches import Progress
from core.installation import Installation
from core.triage import Standing
from storage.tables import (
    BatchState,
    Contact,
    Delivery,
    JobState,
    Message,
    Reply,
    Role,
    Status,
    Ticket,
    TicketPriority,
    TriageStatus,
    Visibility,
)

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
    """A ticket with its people. ``card_url`` leads to its card in Slack.

    ``description`` is its text again, and ``owner_id`` the contact's number: the names under which
    they may be handed in.
    """

    id: int
    title: str
    raw_text: str
    description: str = Field(validation_alias=AliasPath("raw_text"))
    source: str
    external_id: str | None
    status: Status
    triage_status: TriageStatus
    triage_error: str | None
    category: str | None
    priority: TicketPriority
    private: bool
    contact: ContactShown = Field(validation_alias="requester")
    owner_id: int = Field(validation_alias="requester_id")
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


class ReplyShown(Shown):
    """An answer: who approved it, and what became of it. ``ready`` waits to be fetched here."""

    id: int
    ticket_id: int
    result_id: int | None
    text: str
    approved_by: ContactShown
    approved_at: datetime
    delivery: Delivery
    delivery_error: str | None
    sent_at: datetime | None
    taken_back_at: datetime | None


class FileShown(BaseModel):
    """A file that stays in Slack."""

    name: str
    mimetype: str
    size: int


class MessageShown(Shown):
    """One message; ``ticket_status`` is where the ticket stood when it was said."""

    id: int
    role: Role
    visibility: Visibility
    text: str
    author: ContactShown | None
    ticket_status: Status
    files: list[FileShown]
    reply: ReplyShown | None = None
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None


class EventShown(Shown):
    """Who did what, from where; the desk itself where ``actor`` is null."""

    id: int
    action: str
    surface: str
    actor: ContactShown | None
    details: dict[str, Any]
    created_at: datetime


class ResultShown(Shown):
    """What a triage found. ``model_call_id`` is its row in the ledger."""

    id: int
    ticket_id: int
    title: str
    summary: str
    category: str
    priority: TicketPriority
    language: str
    confidence: float
    question: str | None
    reply_draft: str
    model: str
    prompt_version: str
    model_call_id: int | None
    created_at: datetime


class ModelCallShown(Shown):
    """One time that a model was asked; ``cost`` is in US dollars, null means not told."""

    id: int
    ticket_id: int | None
    model: str
    prompt_version: str
    request_id: str | None
    latency_ms: int | None
    input_tokens: int | None
    output_tokens: int | None
    total_tokens: int | None
    cached_tokens: int | None
    cost: Decimal | None
    outcome: str
    error: str | None
    answer: str | None
    created_at: datetime


class JobShown(Shown):
    """A job in the queue."""

    id: int
    kind: str
    state: JobState
    attempts: int
    run_at: datetime
    last_error: str | None


class TriageShown(BaseModel):
    """How a triage stands that has brought no result yet."""

    ticket_id: int
    triage_status: TriageStatus
    triage_error: str | None
    job: JobShown | None


class BatchShown(BaseModel):
    """A batch of triages, as it was made."""

    id: int
    total_items: int


class Queued(BaseModel):
    """What came of asking for a batch: ``EMPTY`` where nothing needs a triage."""

    status: Literal["QUEUED", "EMPTY"]
    batch: BatchShown | None
    total_items: int


class ProgressShown(BaseModel):
    """How far a batch is."""

    id: int
    state: BatchState
    total_items: int
    done: int
    failed: int
    in_work: int
    waiting: int
    created_at: datetime
    finished_at: datetime | None


class ItemShown(BaseModel):
    """What came of one ticket of a batch; with ``ERROR``, ``problem`` says why it was not made."""

    status: Literal["CREATED", "EXISTS", "ERROR"]
    ticket_id: int | None = None
    external_id: str | None = None
    owner_id: int | None = None
    problem: ProblemDocument | None = None


class ItemsShown(BaseModel):
    """One result for each ticket of the request, in its order."""

    results: list[ItemShown]


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


def message(row: Message, reply: Reply | None) -> MessageShown:
    """Return the message as the API shows it, with what became of it if it is an answer."""
    files = [
        FileShown(
            name=str(each.get("name") or ""),
            mimetype=str(each.get("mimetype") or ""),
            size=int(each.get("size") or 0),
        )
        for each in row.files
    ]
    return MessageShown(
        id=row.id,
        role=row.role,
        visibility=row.visibility,
        text=row.text,
        author=contact(row.author) if row.author is not None else None,
        ticket_status=row.ticket_status,
        files=files,
        reply=ReplyShown.model_validate(reply) if reply is not None else None,
        created_at=row.created_at,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
    )


def triage(found: Standing) -> TriageShown:
    """Return how the triage stands."""
    return TriageShown(
        ticket_id=found.ticket.id,
        triage_status=found.ticket.triage_status,
        triage_error=found.ticket.triage_error,
        job=JobShown.model_validate(found.job) if found.job is not None else None,
    )


def progress(found: Progress) -> ProgressShown:
    """Return how far a batch is."""
    batch = found.batch
    return ProgressShown(
        id=batch.id,
        state=batch.state,
        total_items=batch.total,
        done=batch.done,
        failed=batch.failed,
        in_work=found.in_work,
        waiting=found.waiting,
        created_at=batch.created_at,
        finished_at=batch.finished_at,
    )
