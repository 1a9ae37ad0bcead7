"""What a handover summary is made from, and the model that may write it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import offline
from core.answer import HandoverAnswer
from core.model_reply import ModelReply, Repair
from core.offline.handover import Line
from core.prompts import load, new_marker, user_message
from core.triager import outgoing

if TYPE_CHECKING:
    from core.model import ModelClient


@dataclass(frozen=True)
class HandoverBrief:
    """A ticket as whoever takes it over must know it: its public conversation, no notes.

    ``standing`` is status and priority in words. ``summary`` is the triage's, ``said`` what was
    said after the request. Names stay on this machine.
    """

    number: int
    title: str
    standing: str
    assignee: str | None
    request: str
    summary: str | None
    said: Sequence[Line]
    is_private: bool

    @property
    def transcript(self) -> str:
        """All of it, with the role of each who spoke."""
        return "\n\n".join(
            [
                f"{self.title}\n{self.standing}",
                f"requester: {self.request}",
                *(f"{line.role}: {line.text}" for line in self.said),
            ]
        )

    @property
    def _claim(self) -> str:
        return f"claimed by {self.assignee}" if self.assignee else "nobody has claimed it"

    @property
    def without_a_model(self) -> str:
        """The summary that is built in."""
        return offline.summarise(
            number=self.number,
            title=self.title,
            standing=f"{self.standing}, {self._claim}",
            request=self.summary or self.request,
            said=self.said,
        )


class Summariser:
    """Asks a model for a handover summary. Secrets are masked in what leaves this machine."""

    def __init__(self, client: "ModelClient", *, masks: bool, reads_private: bool) -> None:
        self.name = client.name
        self._client = client
        self._masks = masks
        self._reads_private = reads_private

    def may_read(self, brief: HandoverBrief) -> bool:
        """Whether the model may read it: a private ticket may have to stay on this machine."""
        return self._reads_private or not brief.is_private

    async def ask(
        self, brief: HandoverBrief, prompt_version: str, repair: Repair | None
    ) -> ModelReply[HandoverAnswer]:
        """Ask the model once."""
        marker = new_marker()
        text = await outgoing(brief.transcript, self._client, masks=self._masks)
        return await self._client.ask(
            system=load("handover", prompt_version).render(marker=marker),
            user=user_message(text, marker),
            output=HandoverAnswer,
            repair=repair,
        )
