"""Questions about the API's tokens, and about what was answered to their holders."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session, joinedload

from storage.tables import ApiAnswer, ApiToken

_BY_HASH = select(ApiToken).where(
    ApiToken.workspace_id == bindparam("workspace_id"),
    ApiToken.token_hash == bindparam("token_hash"),
)


def by_hash(session: Session, *, workspace_id: int, token_hash: str) -> ApiToken | None:
    """Return the token with that hash, revoked or not."""
    return session.scalars(
        _BY_HASH, {"workspace_id": workspace_id, "token_hash": token_hash}
    ).one_or_none()


def by_name(session: Session, *, workspace_id: int, name: str) -> ApiToken | None:
    """Return the token of that name that was not revoked."""
    return session.scalars(
        select(ApiToken).where(
            ApiToken.workspace_id == workspace_id,
            ApiToken.name == name,
            ApiToken.revoked_at.is_(None),
        )
    ).one_or_none()


def locked(session: Session, *, token_id: int) -> ApiToken:
    """Return the token, locked until the transaction ends."""
    return session.scalars(
        select(ApiToken).where(ApiToken.id == token_id).with_for_update(key_share=True)
    ).one()


def all_of(session: Session, *, workspace_id: int) -> Sequence[ApiToken]:
    """Return every token with its contact, oldest first."""
    return session.scalars(
        select(ApiToken)
        .where(ApiToken.workspace_id == workspace_id)
        .order_by(ApiToken.id)
        .options(joinedload(ApiToken.contact))
    ).all()


def answer(session: Session, *, token_id: int, key: str, part: int) -> ApiAnswer | None:
    """Return what was answered under that key."""
    return session.scalars(
        select(ApiAnswer).where(
            ApiAnswer.token_id == token_id, ApiAnswer.key == key, ApiAnswer.part == part
        )
    ).one_or_none()


def prune_answers(session: Session, *, given_before: datetime, limit: int) -> int:
    """Delete the oldest answers that were given before that moment; return how many."""
    oldest = (
        select(ApiAnswer.id)
        .where(ApiAnswer.created_at < given_before)
        .order_by(ApiAnswer.created_at)
        .limit(limit)
    )
    deleted = session.scalars(
        delete(ApiAnswer).where(ApiAnswer.id.in_(oldest)).returning(ApiAnswer.id),
        execution_options={"synchronize_session": False},
    )
    return len(deleted.all())
