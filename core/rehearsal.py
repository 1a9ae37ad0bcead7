"""The first message of a run is taken as fast as those that follow.

SQLAlchemy puts each statement together when it is first used. For all that one message needs, that
takes 40 ms, for which a whole crowd would wait.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from core import doors
from core.desk import Desk
from core.doors import Said
from core.installation import Installation


class _Over(Exception):
    """What was rehearsed is to be undone."""


async def rehearse(desk: Desk, installation: Installation) -> None:
    """Take a message that nobody wrote, and undo all of it.

    On SQLite only: PostgreSQL would not give back the number of its ticket.
    """
    if not desk.database.is_sqlite:
        return
    try:
        await desk.run(_take_and_undo, installation=installation)
    except _Over:
        return


def _take_and_undo(session: Session, *, installation: Installation) -> None:
    said = Said(
        channel=next(iter(installation.intake_channels), "C"),
        ts="1.000000",
        root_ts=None,
        user_id="U",
        text="",
        files=(),
        mentions_bot=True,
    )
    doors.enter(session, installation=installation, said=said, card_delay=timedelta(0))
    session.flush()
    raise _Over
