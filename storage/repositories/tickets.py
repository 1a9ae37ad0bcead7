"""Questions about tickets and their conversation."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, joinedload

from storage.repositories.jobs import OPEN
from storage.tables import (
    BatchItem,
    Job,
    JobState,
    Message,
    Status,
    Ticket,
    TriageStatus,
    Visibility,
)

# Written out, not bound: SQLite uses the index of what is untriaged only where it can read this.
# https://www.sqlite.org/partialindex.html#queries_using_partial_indexes
_COMPLETED: ColumnElement[TriageStatus] = literal_column("'completed'")

LARGEST_VERSION = 2**31 - 1

# Built once, because Slack waits for the answer.
_OPENED_SINCE = (
    select(func.count())
    .select_from(Ticket)
    .where(
        or_(
            (Ticket.requester_id == bindparam("contact_id"))
            & Ticket.opened_by_id.is_(None)
            & (Ticket.created_at > bindparam("since")),
            (Ticket.opened_by_id == bindparam("contact_id"))
            & (Ticket.created_at > bindparam("since")),
        ),
    )
)

# These, too, because most of what is done to a ticket begins with them.
_NUMBERED = select(Ticket).where(
    Ticket.workspace_id == bindparam("workspace_id"), Ticket.id == bindparam("number")
)
# Rows may be added that refer to a locked ticket: two transactions that did so, and then want to
# lock it, do not wait for each other.
_LOCKED = _NUMBERED.with_for_update(key_share=True).execution_options(populate_existing=True)
_HOLD = select(Ticket.id).where(Ticket.id == bindparam("ticket_id")).with_for_update(key_share=True)
_BY_NUMBER = _NUMBERED.options(
    joinedload(Ticket.requester),
    joinedload(Ticket.opened_by),
    joinedload(Ticket.assignee),
    joinedload(Ticket.resolved_by),
    joinedload(Ticket.withdrawn_by),
    joinedload(Ticket.transferred_by),
)
_LEFT_BY_MODEL = select(Ticket).where(
    Ticket.workspace_id == bindparam("workspace_id"),
    Ticket.triage_status != _COMPLETED,
    Ticket.triage_status == TriageStatus.FAILED,
    Ticket.model_was_down,
    Ticket.triage_generation <= bindparam("most_triages"),
    Ticket.status != Status.RESOLVED,
    Ticket.withdrawn_at.is_(None),
    ~exists().where(BatchItem.ticket_id == Ticket.id),
)
# And this one, because it follows each triage.
_FAILED_WHILE_MODEL_DOWN = (
    _LEFT_BY_MODEL.order_by(Ticket.id)
    .limit(bindparam("most"))
    .with_for_update(key_share=True, skip_locked=True)
)


def by_number(session: Session, *, workspace_id: int, number: int) -> Ticket | None:
    """Return the ticket with its people, for showing."""
    return session.scalars(
        _BY_NUMBER, {"workspace_id": workspace_id, "number": number}
    ).one_or_none()


def locked(session: Session, *, workspace_id: int, number: int) -> Ticket | None:
    """Return the ticket, locked until the transaction ends, for changing."""
    return session.scalars(_LOCKED, {"workspace_id": workspace_id, "number": number}).one_or_none()


def hold(session: Session, *, ticket_id: int) -> None:
    """Let nobody else change the ticket, nor what belongs to it, until the transaction ends."""
    # SQLite has one writer at a time: that one holds everything.
    if session.get_bind().dialect.name != "sqlite":
        session.execute(_HOLD, {"ticket_id": ticket_id})


def newest_active(
    session: Session, *, requester_id: int, source: str, since: datetime
) -> Ticket | None:
    """Return that person's newest ticket from there that somebody wrote in or resolved since.

    Notes among agents do not count, nor do tickets that were set aside.
    """
    was_written_in = exists().where(
        Message.ticket_id == Ticket.id,
        Message.visibility == Visibility.PUBLIC,
        Message.created_at >= since,
    )
    return session.scalars(
        select(Ticket)
        .where(
            Ticket.requester_id == requester_id,
            Ticket.source == source,
            Ticket.withdrawn_at.is_(None),
            was_written_in | (Ticket.resolved_at >= since),
        )
        .order_by(Ticket.id.desc())
        .limit(1)
    ).one_or_none()


def opened_since(session: Session, *, contact_id: int, since: datetime) -> int:
    """Return how many tickets that person opened, for themselves or somebody else."""
    session.flush()
    opened = {"contact_id": contact_id, "since": since}
    return session.connection().execute(_OPENED_SINCE, opened).scalar_one()


def from_source(
    session: Session, *, workspace_id: int, source: str, external_id: str
) -> Ticket | None:
    """Return the ticket that came from there under that id."""
    return session.scalars(
        select(Ticket).where(
            Ticket.workspace_id == workspace_id,
            Ticket.source == source,
            Ticket.external_id == external_id,
        )
    ).one_or_none()


def for_every_agent() -> ColumnElement[bool]:
    """Which tickets may be shown where all agents read: those that are not private."""
    return ~Ticket.private


def visible_to(contact_id: int, *, with_private: bool) -> ColumnElement[bool]:
    """Which tickets an agent may see: private ones of others only ``with_private``."""
    return true() if with_private else for_every_agent() | (Ticket.requester_id == contact_id)


def asked_for_by(contact_id: int) -> ColumnElement[bool]:
    """Which tickets are that person's own."""
    return Ticket.requester_id == contact_id


def resolved_since(
    session: Session, *, requester_id: int, since: datetime, limit: int
) -> Sequence[Ticket]:
    """Return what that person asked for and was resolved since then, the latest first."""
    return session.scalars(
        select(Ticket)
        .where(
            Ticket.requester_id == requester_id,
            Ticket.withdrawn_at.is_(None),
            Ticket.resolved_at >= since,
        )
        .order_by(Ticket.resolved_at.desc(), Ticket.id.desc())
        .limit(limit)
        .options(joinedload(Ticket.resolved_by))
    ).all()


def of_requester(session: Session, *, contact_id: int, limit: int) -> Sequence[Ticket]:
    """Return the newest tickets of that person, locked, in the order in which all are locked."""
    newest = (
        select(Ticket.id).where(Ticket.requester_id == contact_id).order_by(Ticket.id.desc())
    ).limit(limit)
    return session.scalars(
        select(Ticket)
        .where(Ticket.id.in_(newest))
        .order_by(Ticket.id)
        .with_for_update(key_share=True)
    ).all()


def failed_while_model_down(
    session: Session, *, workspace_id: int, most_triages: int, limit: int
) -> Sequence[Ticket]:
    """Return the oldest unresolved tickets whose triage failed as the model was down, locked.

    Those that another transaction works on are left out, those that wait for their turn in a batch,
    and those that were triaged more than ``most_triages`` times.
    """
    return session.scalars(
        _FAILED_WHILE_MODEL_DOWN,
        {"workspace_id": workspace_id, "most_triages": most_triages, "most": limit},
    ).all()


def to_probe_the_model(session: Session, *, workspace_id: int, most_triages: int) -> Ticket | None:
    """Return one such ticket, the least tried one, locked; none while one waits for the model."""
    # By its job: one that was set aside keeps the status that it had, and waits for nothing.
    waits = (
        select(Job.id)
        .join(Ticket, Ticket.id == Job.ticket_id)
        .where(Job.state.in_(OPEN), Job.kind == "triage", Job.workspace_id == workspace_id)
        .where(Ticket.model_was_down)
    )
    if session.scalar(select(waits.exists())):
        return None
    least_tried = _LEFT_BY_MODEL.order_by(Ticket.triage_generation, Ticket.id).limit(1)
    return session.scalars(
        least_tried.with_for_update(key_share=True, skip_locked=True),
        {"workspace_id": workspace_id, "most_triages": most_triages},
    ).one_or_none()


def _card_is_behind() -> ColumnElement[bool]:
    """Which tickets have a card that does not show them as they are.

    The second half says the same again. PostgreSQL takes a third of all tickets for behind, and
    reads them all, unless it is told a range: of one it expects little, and uses the index.
    """
    is_behind = Ticket.card_version < Ticket.version
    return is_behind & (Ticket.version - Ticket.card_version).between(1, LARGEST_VERSION)


def count_outdated_cards(
    session: Session, *, workspace_id: int, channel: str, private_channel: str | None
) -> int:
    """Return how many cards are not what they should be in the channel where they belong.

    ``private_channel`` is where those of private tickets go, None where they stay.
    """
    place = func.coalesce(case((Ticket.private, private_channel)), Ticket.card_channel)
    return session.scalars(
        select(func.count())
        .select_from(Ticket)
        .where(
            Ticket.workspace_id == workspace_id,
            _card_is_behind(),
            place == channel,
        )
    ).one()


def with_outdated_card(session: Session, *, workspace_id: int) -> Sequence[Ticket]:
    """Return the tickets whose card is not what it should be and has no job, locked."""
    return session.scalars(
        select(Ticket)
        .where(
            Ticket.workspace_id == workspace_id,
            _card_is_behind(),
            ~exists().where(
                Job.ticket_id == Ticket.id,
                Job.kind == "card",
                Job.state.in_([JobState.PENDING, JobState.RUNNING]),
            ),
        )
        .order_by(Ticket.id)
        .with_for_update(key_share=True)
    ).all()


def unresolved_or_resolved_since(session: Session, *, moment: datetime) -> Sequence[Ticket]:
    """Return all tickets that were not resolved before that moment, locked."""
    return session.scalars(
        select(Ticket)
        .where(
            or_(Ticket.status != Status.RESOLVED, Ticket.resolved_at >= moment),
            Ticket.withdrawn_at.is_(None),
        )
        .order_by(Ticket.id)
        .with_for_update(key_share=True)
    ).all()
