"""What a transaction has found out already, so that it need not ask again."""

from collections.abc import Hashable
from typing import Any

from sqlalchemy.orm import Session


def of_transaction(session: Session) -> dict[Hashable, Any]:
    """Return a notebook that lasts as long as the transaction, or the savepoint, that is open.

    What is noted inside a savepoint is forgotten with it: it may be rolled back.
    """
    transaction = session.get_nested_transaction() or session.get_transaction() or session.begin()
    kept_for, notes = session.info.get("memory", (None, {}))
    if kept_for is not transaction:
        notes = {}
        session.info["memory"] = (transaction, notes)
    memory: dict[Hashable, Any] = notes
    return memory
