"""The triage job: it asks, and says what became of it."""

from functools import partial

from core import batches, triage
from core.answer import TriageAnswer
from core.desk import Desk
from core.errors import JobError, Permanent, Postponed, Transient
from core.inquiry import REASONS, converse
from core.installation import Installation
from core.jobs import Closing
from core.model_reply import ModelReply, Outcome
from core.triager import Triagers
from storage.tables import Job


class Triage:
    """The triage job."""

    def __init__(
        self, desk: Desk, installation: Installation, triagers: Triagers, *, default_prompt: str
    ) -> None:
        self._desk = desk
        self._installation = installation
        self._triagers = triagers
        self._default_prompt = default_prompt

    async def handle(self, job: Job) -> Closing | None:
        """Ask, outside any transaction; return what writes the result.

        Raises:
            Transient, Permanent, Postponed: there is no usable answer this time.
        """
        return batches.counting(job, await self._asked(job))

    async def _asked(self, job: Job) -> Closing | None:
        begun = await self._desk.run(
            triage.begin,
            installation=self._installation,
            job=job,
            triagers=self._triagers,
            default_prompt=self._default_prompt,
        )
        if begun is None:
            return None
        call_id, reply = await converse(
            self._desk,
            partial(begun.triager.ask, begun.brief),
            job=job,
            prompt=begun.prompt,
            model=begun.triager.name,
            call_id=begun.call_id,
        )
        if reply.parsed is not None:
            return partial(
                triage.complete,
                installation=self._installation,
                job=job,
                call_id=call_id,
                reply=reply,
                begun=begun,
            )
        error = _error(reply)
        await self._desk.run(
            triage.stumble,
            installation=self._installation,
            job=job,
            call_id=call_id,
            reply=reply,
            reason=str(error),
        )
        raise error

    def give_up(self, job: Job, reason: str) -> Closing:
        """Return what writes that there will be no triage unless somebody asks again."""
        failed = partial(triage.failed, installation=self._installation, job=job, reason=reason)
        return batches.counting(job, failed, failed=True)


def _error(reply: ModelReply[TriageAnswer]) -> JobError:
    reason = REASONS[reply.outcome]
    if not reply.sent:
        return Postponed(REASONS[Outcome.UNAVAILABLE], retry_after=reply.retry_after or 10)
    if reply.outcome is Outcome.REJECTED:
        return Permanent(reason)
    return Transient(reason, retry_after=reply.retry_after)
