"""The triage job: it asks, and says what became of it."""

from functools import partial

from core import triage
from core.answer import TriageAnswer
from core.desk import Desk
from core.errors import JobError, Permanent, Postponed, Transient
from core.installation import Installation
from core.jobs import Closing
from core.model import Repair
from core.model_reply import ModelReply, Outcome
from core.triage import Begun
from core.triager import Triagers
from storage.tables import Job

# Three to find out which format a server can do, and one repair.
MOST_CALLS = 4

_REASONS = {
    Outcome.INVALID: "the model's answer did not fit the form, even after one correction",
    Outcome.REFUSAL: "the model refused to answer",
    Outcome.LENGTH: "the model's answer was cut off",
    Outcome.EMPTY: "the model's answer was empty",
    Outcome.TIMEOUT: "the model did not answer in time",
    Outcome.RATE_LIMITED: "the model takes no more requests at the moment",
    Outcome.UNAVAILABLE: "the model cannot be reached",
    Outcome.REJECTED: "the model rejects our requests (an admin should check key, model and quota)",
    Outcome.UNSUPPORTED: "the model can produce none of the formats that a triage needs",
}


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
        begun = await self._desk.run(
            triage.begin,
            installation=self._installation,
            job=job,
            triagers=self._triagers,
            default_prompt=self._default_prompt,
        )
        if begun is None:
            return None
        call_id, reply = await self._converse(job, begun)
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

    async def _converse(self, job: Job, begun: Begun) -> tuple[int, ModelReply[TriageAnswer]]:
        """Ask until there is an answer or nothing more to try; all but the last row is closed."""
        call_id, repair = begun.call_id, None
        for left in reversed(range(MOST_CALLS)):
            reply = await begun.triager.ask(begun.brief, repair)
            if left == 0:
                break
            if reply.outcome is Outcome.INVALID and repair is None:
                repair = Repair(answer=reply.text, problem=reply.error or "it does not fit")
            elif reply.outcome is not Outcome.UNSUPPORTED:
                break
            call_id = await self._desk.run(
                triage.next_call,
                job=job,
                call_id=call_id,
                reply=reply,
                begun=begun,
            )
        return call_id, reply

    def give_up(self, job: Job, reason: str) -> Closing:
        """Return what writes that there will be no triage unless somebody asks again."""
        return partial(triage.failed, installation=self._installation, job=job, reason=reason)


def _error(reply: ModelReply[TriageAnswer]) -> JobError:
    reason = _REASONS[reply.outcome]
    if not reply.sent:
        return Postponed(_REASONS[Outcome.UNAVAILABLE], retry_after=reply.retry_after or 10)
    if reply.outcome is Outcome.REJECTED:
        return Permanent(reason)
    return Transient(reason, retry_after=reply.retry_after)
