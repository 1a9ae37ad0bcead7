"""What is said where the bot can hear it: part of a ticket, a new one, or nothing for the desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from sqlalchemy.orm import Session

from core import channels, contacts, intake, joining, threads
from core.conversation import Heard
from core.installation import Installation
from core.intake import Request, Source
from core.modes import Mode
from core.thanks import is_only_thanks
from storage.tables import utcnow

# Slack brings again what was not acknowledged, after a minute and after five.
LATE = timedelta(seconds=20)


class Hint(Enum):
    """What a person has to be told about what they said."""

    FIRST_NOTE = auto()
    NOTHING_ASKED = auto()
    NO_TICKET_HERE = auto()


@dataclass(frozen=True)
class Said:
    """Somebody said something; ``root_ts`` is None at top level.

    ``is_broadcast``: said in a thread, and shown in its channel too. ``is_below_bot``: in a thread
    whose first message is the desk's. ``is_by_bot``: one of the listed bots said it; ``bot_name``
    is what it is called where Slack has no user for it.
    """

    channel: str
    ts: str
    root_ts: str | None
    user_id: str
    text: str
    files: Sequence[dict[str, Any]]
    mentions_bot: bool = False
    is_broadcast: bool = False
    is_below_bot: bool = False
    is_by_bot: bool = False
    bot_name: str | None = None

    @property
    def is_direct(self) -> bool:
        """Whether it was said to the bot alone."""
        return self.channel.startswith("D")

    @property
    def heard(self) -> Heard:
        """What a conversation keeps of it."""
        return Heard(
            channel=self.channel,
            user_id=self.user_id,
            ts=self.ts,
            text=self.text,
            files=self.files,
        )


def enter(
    session: Session, *, installation: Installation, said: Said, card_delay: timedelta
) -> Hint | None:
    """Add what was said to its ticket, or open one.

    Raises:
        TooManyTickets, NotYet: see there.
    """
    if said.root_ts is not None:
        outcome = threads.hear(
            session,
            installation=installation,
            root_ts=said.root_ts,
            said=said.heard,
            card_delay=card_delay,
            is_below_bot=said.is_below_bot,
        )
        if outcome.is_first_note:
            return Hint.FIRST_NOTE
        if outcome.ticket is not None:
            return None
    if installation.is_triage(said.channel):
        return None
    if said.is_direct:
        return _direct(session, installation, said, card_delay)
    mode = channels.mode_of(session, installation=installation, channel=said.channel)
    source = _way_in(session, installation, said, mode)
    if source is None or (mode is not None and _joins(session, installation, said)):
        return None
    # Whoever writes in a thread where nobody chose the desk need not have reckoned with it.
    is_hidden = mode is None and channels.is_private(
        session, installation=installation, channel=said.channel
    )
    _open(session, installation, said, source, card_delay, is_alone=is_hidden)
    return None


def _way_in(
    session: Session, installation: Installation, said: Said, mode: Mode | None
) -> Source | None:
    """Return how the message becomes a ticket, or None where it does not."""
    if mode is not None and installation.rules.emoji_code in said.text:
        return Source.MESSAGE
    if mode is Mode.ALL and (said.root_ts is None or said.is_broadcast):
        author = contacts.known(session, installation=installation, user_id=said.user_id)
        # What agents announce is no request; a bot on the list may be in their channel too.
        if said.is_by_bot or not author.is_agent:
            return Source.MESSAGE
    return Source.MENTION if said.mentions_bot else None


def _joins(session: Session, installation: Installation, said: Said) -> bool:
    """Whether the message belongs to what its author wrote there a moment ago."""
    # Each post of a bot is a request of its own: a workflow speaks for many people.
    if said.root_ts is not None or said.is_by_bot:
        return False
    return joining.join_recent(
        session,
        installation=installation,
        author=contacts.known(session, installation=installation, user_id=said.user_id),
        said=said.heard,
        is_late=_is_late(said),
    )


def _direct(
    session: Session, installation: Installation, said: Said, card_delay: timedelta
) -> Hint | None:
    if said.root_ts is not None:
        return Hint.NO_TICKET_HERE
    author = contacts.known(session, installation=installation, user_id=said.user_id)
    if joining.join_direct(session, installation=installation, author=author, said=said.heard):
        return None
    if is_only_thanks(said.text) and not said.files:
        return Hint.NOTHING_ASKED
    _open(session, installation, said, Source.DIRECT, card_delay)
    return None


def _open(
    session: Session,
    installation: Installation,
    said: Said,
    source: Source,
    card_delay: timedelta,
    *,
    is_alone: bool = False,
) -> None:
    intake.open_ticket(
        session,
        installation=installation,
        request=Request(
            source=source,
            requester=said.user_id,
            text=said.text,
            channel=said.channel,
            root_ts=said.root_ts or said.ts,
            ts=said.ts,
            files=said.files,
            is_late=_is_late(said),
            is_alone=is_alone and said.root_ts is not None,
            private=source is Source.DIRECT,
            is_by_bot=said.is_by_bot,
            bot_name=said.bot_name,
        ),
        card_delay=card_delay,
    )


def _is_late(said: Said) -> bool:
    return utcnow().timestamp() - float(said.ts) > LATE.total_seconds()
