"""A triager that answers what the test tells it to."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from core.answer import TriageAnswer
from core.model import Repair
from core.model_reply import ModelReply, Outcome
from core.triager import Brief

Reply = ModelReply[TriageAnswer]


def answer(**changes: Any) -> TriageAnswer:
    """A triage that fits the form."""
    return TriageAnswer(
        **{
            "title": "VPN fails with error 809",
            "summary": "The VPN client reports error 809 since this morning.",
            "category": "network",
            "priority": "high",
            "language": "en",
            "confidence": 0.9,
            "question": None,
            "reply_draft": "Please restart the VPN client.",
            **changes,
        }
    )


def answered(**changes: Any) -> Reply:
    """A reply that can be used, with all that a ledger wants to know."""
    parsed = answer(**changes)
    return ModelReply(
        outcome=Outcome.ANSWERED,
        model="fake-1",
        parsed=parsed,
        text=parsed.model_dump_json(),
        request_id="req_1",
        latency_ms=120,
        input_tokens=900,
        output_tokens=100,
        total_tokens=1000,
        cached_tokens=400,
        cost=Decimal("0.00125"),
    )


def went_wrong(outcome: Outcome, **changes: Any) -> Reply:
    """A reply that cannot be used."""
    return ModelReply(
        **{"outcome": outcome, "model": "fake-1", "error": f"it was {outcome}", **changes}
    )


class FakeTriager:
    """Gives the replies one after the other, and the last one for ever.

    ``asked`` has what it was told; ``before_answer`` is called while it thinks.
    """

    name = "fake"

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies) or [answered()]
        self.asked: list[tuple[Brief, Repair | None]] = []
        self.before_answer: Callable[[], object] = lambda: None

    async def ask(self, brief: Brief, repair: Repair | None) -> Reply:
        """Give the next reply."""
        self.asked.append((brief, repair))
        self.before_answer()
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
