"""Handing a ticket over to a person or a channel, with a summary of what happened so far."""

from sqlalchemy.orm import Session

from core import contacts, rights
from core.announce import changed
from core.audit import Surface, record
from core.caller import By, Caller
from core.errors import NothingToDo, Refusal
from core.handover_words import is_person
from core.installation import Installation
from core.jobs import Kind, Urgency, enqueue
from core.rights import locked
from core.text import clean
from core.tickets import refuse_set_aside
from storage.repositories import contacts as rows
from storage.tables import Contact, Status, Ticket, utcnow

# What a text field of a form in Slack takes.
SUMMARY_LIMIT = 3_000


class WrongPerson(Refusal):
    """The ticket cannot go to that person."""

    field = "to_person"


class WrongChannel(Refusal):
    """The ticket cannot go to that channel."""

    field = "to_channel"


class NoSummary(Refusal):
    """There is nothing for whoever takes over to read."""

    field = "own_words"


def to_hand_over(session: Session, *, installation: Installation, number: int, by: By) -> Ticket:
    """Return the ticket that an agent wants to hand over.

    Raises:
        NotAnAgent, UnknownTicket: see there.
        NothingToDo: it is resolved or set aside.
    """
    ticket, _ = rights.for_agent(session, installation=installation, number=number, by=by)
    _refuse_closed(ticket)
    return ticket


def _refuse_closed(ticket: Ticket) -> None:
    refuse_set_aside(ticket)
    if ticket.status is Status.RESOLVED:
        raise NothingToDo(f"Ticket #{ticket.id} is resolved. Reopen it before you hand it over.")


def summary_due(session: Session, *, installation: Installation, number: int, form: str) -> None:
    """Have a summary suggested in the form with that id. No lane: nothing else waits for it."""
    enqueue(
        session,
        workspace_id=installation.workspace_id,
        kind=Kind.HANDOVER,
        dedupe_key=f"handover:{form}",
        urgency=Urgency.CLICK,
        ticket=locked(session, installation=installation, number=number),
        payload={"form": form},
    )


def hand_over(
    session: Session,
    *,
    installation: Installation,
    number: int,
    by: By,
    person: str | None,
    channel: str | None,
    summary: str,
    form_key: str,
    surface: Surface = Surface.FORM,
) -> Ticket:
    """Hand the ticket over: an agent becomes its assignee, and whoever it goes to is told.

    ``person`` and ``channel`` are Slack ids. A form that arrives twice is one handover; a later
    one takes its place on the ticket, and the audit keeps both.

    Raises:
        NotAnAgent, UnknownTicket, WrongPerson, WrongChannel, NoSummary: see there.
        NothingToDo: it is resolved or set aside.
    """
    if (
        isinstance(by, Caller)
        and person is not None
        and not _is_known(session, installation, person)
    ):
        raise WrongPerson("The desk knows nobody in Slack by this id.")
    concerned = {each for each in (by, person) if isinstance(each, str)}
    people = contacts.all_known(session, installation=installation, user_ids=concerned)
    ticket, agent = rights.for_agent(session, installation=installation, number=number, by=by)
    to = _addressee(installation, ticket, agent, people.get(person or ""), channel)
    text = clean(summary, SUMMARY_LIMIT)
    if not text:
        raise NoSummary("Write what the next person must know.")
    now = utcnow()
    if not _told_later(session, ticket, to, form_key, at=now.isoformat()):
        return ticket
    _refuse_closed(ticket)
    ticket.is_transferred, ticket.transferred_to = True, to
    ticket.transferred_by_id, ticket.transferred_at = agent.id, now
    ticket.handover_summary = text
    if person is not None and people[person].is_agent:
        ticket.assignee_id = people[person].id
        if ticket.status is Status.NEW:
            ticket.status = Status.OPEN
    record(session, ticket, "handed_over", actor=agent, surface=surface, to=to)
    changed(session, ticket, receipt=True)
    return ticket


def _is_known(session: Session, installation: Installation, person: str) -> bool:
    """Whether the desk has met that person: a form in Slack offers real ones only."""
    workspace_id = installation.workspace_id
    return rows.in_slack(session, workspace_id=workspace_id, user_id=person) is not None


def _addressee(
    installation: Installation,
    ticket: Ticket,
    agent: Contact,
    person: Contact | None,
    channel: str | None,
) -> str:
    """Return the Slack id of whoever may take the ticket over."""
    if person is not None and channel is not None:
        raise WrongChannel("Choose a person or a channel, not both.")
    if channel is not None:
        if ticket.private:
            raise WrongChannel("This ticket is private: hand it over to an agent who may see it.")
        return channel
    if person is None or person.slack_user_id is None:
        raise WrongPerson("Choose a person here, or a channel below.")
    if person.id == agent.id:
        raise WrongPerson("You cannot hand a ticket over to yourself; Claim makes it yours.")
    if person.slack_user_id == installation.bot_user_id:
        raise WrongPerson("The bot cannot take a ticket over.")
    if ticket.private and not rights.sees_private(person, installation):
        raise WrongPerson(
            "This ticket is private, and they may not see it: choose an agent who may."
        )
    return person.slack_user_id


def _told_later(session: Session, ticket: Ticket, to: str, form_key: str, *, at: str) -> bool:
    """Have whoever takes over told; say whether it is the first time that this form arrives."""
    return enqueue(
        session,
        workspace_id=ticket.workspace_id,
        kind=Kind.HANDED_OVER,
        dedupe_key=f"handed_over:{form_key}",
        urgency=Urgency.CLICK,
        ticket=ticket,
        lane=f"handover:{ticket.id}",
        pace=None if is_person(to) else f"post:{to}",
        payload={"to": to, "at": at},
    )


def not_told(session: Session, *, installation: Installation, number: int) -> None:
    """Let the card say that whoever takes over could not be told; the job says why."""
    changed(session, locked(session, installation=installation, number=number))
