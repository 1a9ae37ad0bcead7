"""The jobs that call Slack: the whole table."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from bot.outbox import (
    batches,
    cards,
    digests,
    files,
    floods,
    handovers,
    homes,
    invitations,
    mirrors,
    notices,
    profiles,
    reactions,
    receipts,
    replies,
    resolutions,
    taking_back,
    threads,
)
from bot.outbox.office import Office
from core.jobs import Closing, Kind
from core.retry import Policy
from core.worker import JobKind
from storage.tables import Job

# For so long is tried again what Slack does not take at the moment.
A_DAY = Policy(max_age=timedelta(hours=24))
AN_HOUR = Policy(max_age=timedelta(hours=1))

Handler = Callable[[Office, Job], Awaitable[Closing | None]]
GiveUp = Callable[[Office, Job, str], Closing]


def kinds(office: Office) -> dict[Kind, JobKind]:
    """Return how each kind of job is done, and what is written when it failed for good."""
    table: tuple[tuple[Kind, Handler, Policy, GiveUp | None], ...] = (
        (Kind.CARD, cards.show, A_DAY, cards.not_shown),
        (Kind.RECEIPT, receipts.show, A_DAY, None),
        (Kind.REPLY, replies.deliver, A_DAY, replies.not_delivered),
        (Kind.RESOLUTION, resolutions.tell, A_DAY, None),
        (Kind.OPENED, notices.tell_opener, A_DAY, None),
        (Kind.MIRROR, mirrors.copy, A_DAY, mirrors.not_copied),
        (Kind.REACTION, reactions.react, A_DAY, None),
        (Kind.TAKE_BACK, taking_back.undo, A_DAY, taking_back.not_undone),
        (Kind.HANDED_OVER, handovers.tell, A_DAY, handovers.not_told),
        (Kind.HANDOVER_GONE, handovers.take_away, A_DAY, None),
        (Kind.FILES, files.copy, A_DAY, None),
        (Kind.FILES_GONE, files.delete, A_DAY, None),
        (Kind.BACKFILL, threads.fetch, A_DAY, threads.not_fetched),
        (Kind.ALARM, notices.find_admins, A_DAY, None),
        (Kind.NOTICE, notices.tell_admin, A_DAY, None),
        (Kind.DIGEST, digests.post, AN_HOUR, None),
        (Kind.PROFILE, profiles.profile, A_DAY, None),
        (Kind.MEMBERSHIP, profiles.membership, A_DAY, None),
        (Kind.INVITATION, invitations.show, A_DAY, None),
        (Kind.FLOOD, floods.tell, A_DAY, None),
        (Kind.BATCH, batches.show, A_DAY, batches.not_shown),
        (Kind.HOME, homes.publish, AN_HOUR, None),
    )
    return {
        kind: JobKind(
            partial(handle, office),
            policy,
            give_up=partial(give_up, office) if give_up is not None else None,
        )
        for kind, handle, policy, give_up in table
    }
