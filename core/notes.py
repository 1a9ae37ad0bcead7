"""Internal notes: whatever is written in the thread of a ticket's card."""

from sqlalchemy.orm import Session

from core import contacts
from core.conversation import Heard
from core.errors import NotYet
from core.installation import Installation
from core.rights import locked
from core.text import clean
from storage.repositories import contacts as rows
from storage.repositories import jobs, places
from storage.tables import Message, Role, Visibility, utcnow
from storage.upsert import insert_if_absent


def write(
    session: Session,
    *,
    installation: Installation,
    root_ts: str,
    said: Heard,
    is_below_bot: bool = False,
) -> bool:
    """Keep a note, for agents only and without any effect on the ticket.

    Returns whether it is the first one of an agent, who may believe that the requester reads it.

    Raises:
        NotYet: it may be below a card of which it is not noted yet where it stands.
    """
    workspace_id, channel = installation.workspace_id, said.channel
    found = places.with_card(session, workspace_id=workspace_id, channel=channel, ts=root_ts)
    if found is None and is_below_bot:
        if jobs.posts_a_card(session, workspace_id=workspace_id, channel=channel):
            raise NotYet
        # It may have been noted between the two questions.
        found = places.with_card(session, workspace_id=workspace_id, channel=channel, ts=root_ts)
    if found is None:
        return False
    author = contacts.known(session, installation=installation, user_id=said.user_id)
    rows.hold(session, contact_id=author.id)  # it may be written, and people come before tickets
    ticket = locked(session, installation=installation, number=found.id)
    note = insert_if_absent(
        session,
        Message,
        workspace_id=ticket.workspace_id,
        ticket_id=ticket.id,
        author_id=author.id,
        role=Role.AGENT if author.is_agent else Role.PARTICIPANT,
        visibility=Visibility.INTERNAL,
        text=clean(said.text),
        files=list(said.files),
        ticket_status=ticket.status,
        channel=said.channel,
        ts=said.ts,
    )
    is_first = note is not None and author.is_agent and author.note_hint_at is None
    if is_first:
        author.note_hint_at = utcnow()
    return is_first
