"""Questions about results, replies, prompts and the ledger of model calls."""

from collections.abc import Sequence

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session, joinedload

from storage.tables import Message, ModelCall, PromptActivation, PromptVersion, Reply, Result

# Built once, because a batch asks them a hundred times a second.
_RETIRE = (
    update(Result)
    .where(Result.ticket_id == bindparam("of_ticket"), Result.is_current)
    .values(is_current=False)
)
_PROMPT = select(PromptVersion).where(
    PromptVersion.name == bindparam("name"), PromptVersion.version == bindparam("version")
)
_ACTIVE = (
    select(PromptVersion)
    .join(PromptActivation, PromptActivation.prompt_version_id == PromptVersion.id)
    .where(
        PromptActivation.workspace_id == bindparam("workspace_id"),
        PromptVersion.name == bindparam("name"),
    )
    .order_by(PromptActivation.id.desc())
    .limit(1)
)


def current_result(session: Session, *, ticket_id: int) -> Result | None:
    """Return the ticket's current result, or None before its first triage."""
    return session.scalars(
        select(Result).where(Result.ticket_id == ticket_id, Result.is_current)
    ).one_or_none()


def retire_results(session: Session, *, ticket_id: int) -> None:
    """Leave the ticket without a current result, so that a new one can take its place."""
    session.execute(_RETIRE, {"of_ticket": ticket_id})


def reply_to_result(session: Session, *, ticket_id: int, result_id: int) -> Reply | None:
    """Return the reply that was approved from the ticket's result, with who approved it."""
    return session.scalars(
        select(Reply)
        .where(Reply.ticket_id == ticket_id, Reply.result_id == result_id)
        .options(joinedload(Reply.approved_by))
    ).one_or_none()


def reply_of_form(session: Session, *, workspace_id: int, form_key: str) -> Reply | None:
    """Return the reply that came from the form."""
    return session.scalars(
        select(Reply).where(Reply.workspace_id == workspace_id, Reply.form_key == form_key)
    ).one_or_none()


def reply(session: Session, *, reply_id: int) -> Reply | None:
    """Return the reply with who approved it and who took it back."""
    return session.scalars(
        select(Reply)
        .where(Reply.id == reply_id)
        .options(joinedload(Reply.approved_by), joinedload(Reply.taken_back_by))
    ).one_or_none()


def reply_of_message(session: Session, *, message_id: int) -> Reply | None:
    """Return the reply that stands in Slack as that message."""
    return session.scalars(select(Reply).where(Reply.message_id == message_id)).one_or_none()


def last_replies(session: Session, *, ticket_id: int, limit: int) -> Sequence[Reply]:
    """Return the newest replies with who approved them and took them back, newest first."""
    return session.scalars(
        select(Reply)
        .where(Reply.ticket_id == ticket_id)
        .order_by(Reply.id.desc())
        .limit(limit)
        .options(
            joinedload(Reply.approved_by),
            joinedload(Reply.taken_back_by),
            joinedload(Reply.result),
        )
    ).all()


def calls(session: Session, *, ticket_id: int) -> Sequence[ModelCall]:
    """Return the ledger of the ticket, oldest first."""
    return session.scalars(
        select(ModelCall).where(ModelCall.ticket_id == ticket_id).order_by(ModelCall.id)
    ).all()


def call(session: Session, *, call_id: int) -> ModelCall:
    """Return one row of the ledger."""
    return session.get_one(ModelCall, call_id)


def prompt_version(session: Session, *, name: str, version: str) -> PromptVersion | None:
    """Return the stored text of that version."""
    return session.scalars(_PROMPT, {"name": name, "version": version}).one_or_none()


def active_prompt(session: Session, *, workspace_id: int, name: str) -> PromptVersion | None:
    """Return the version that was activated last in the workspace, or None if none ever was."""
    return session.scalars(_ACTIVE, {"workspace_id": workspace_id, "name": name}).one_or_none()


def forget(session: Session, *, ticket_id: int, message: Message) -> bool:
    """Blank what models made of a ticket's message; say whether a current result was among it.

    That they were asked, and what it cost, stays.
    """
    made_of_it = (
        Result.ticket_id == ticket_id,
        or_(Result.read_message_id.is_(None), Result.read_message_id >= message.id),
    )
    current = session.scalar(select(Result.id).where(*made_of_it, Result.is_current))
    session.execute(
        update(Result)
        .where(*made_of_it)
        .values(is_current=False, title="", summary="", question=None, reply_draft="")
    )
    session.execute(
        update(ModelCall)
        .where(ModelCall.ticket_id == ticket_id, ModelCall.created_at >= message.created_at)
        .values(answer=None, error=None)
    )
    return current is not None
