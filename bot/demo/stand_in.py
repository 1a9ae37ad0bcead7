"""What stands in for a model in the demo: the desk's own offline triage behind OpenAI's protocol.

The bot asks it as it asks any model, so the demo shows what becomes of tickets while a model is
down or slow. It says on every card that it is none.
"""

import asyncio
import contextlib
import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core import offline
from core.answer import HandoverAnswer, TriageAnswer
from core.categories import DEFAULT_CATEGORIES
from core.text import clip

NAME = "the demo's stand-in (no AI)"
PREFIX = "/model/v1"
SLOW = 8.0
_HANDOVER_LIMIT = 2_000
_OF_AGENTS = "agent: "
_OF_REQUESTER = "requester: "


class StandIn:
    """Answers chat completions; ``is_down`` and ``is_slow`` are a person's to set."""

    def __init__(self) -> None:
        self.is_down = False
        self._as_usual = asyncio.Event()
        self._as_usual.set()
        self.app = Starlette(
            routes=[Route(f"{PREFIX}/chat/completions", self._complete, methods=["POST"])]
        )

    @property
    def is_slow(self) -> bool:
        """Whether each answer takes ``SLOW`` seconds, or until this is over."""
        return not self._as_usual.is_set()

    @is_slow.setter
    def is_slow(self, value: bool) -> None:
        if value:
            self._as_usual.clear()
        else:
            self._as_usual.set()

    async def _complete(self, request: Request) -> Response:
        asked = await request.json()
        if not self.is_down:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._as_usual.wait(), SLOW)
        if self.is_down:
            return JSONResponse({"error": {"message": "switched off in the demo"}}, 503)
        content = await asyncio.to_thread(
            _answer,
            asked["response_format"]["json_schema"]["name"],
            asked["messages"][1]["content"],
        )
        return JSONResponse(
            {
                "id": "chatcmpl-demo",
                "object": "chat.completion",
                "created": int(time.time()),
                "model": NAME,
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": content},
                        "finish_reason": "stop",
                    }
                ],
            }
        )


def _answer(form: str, user_message: str) -> str:
    """Fill in the form that was asked for from what stands between the two markers."""
    transcript = "\n".join(user_message.splitlines()[1:-1])
    if form == HandoverAnswer.__name__:
        return HandoverAnswer(summary=clip(transcript, _HANDOVER_LIMIT)).model_dump_json()
    answer: TriageAnswer = offline.triage(_of_requester(transcript), categories=DEFAULT_CATEGORIES)
    return answer.model_dump_json()


def _of_requester(transcript: str) -> str:
    """What agents said is no part of what is asked for."""
    said = [part for part in transcript.split("\n\n") if not part.startswith(_OF_AGENTS)]
    return "\n\n".join(part.removeprefix(_OF_REQUESTER) for part in said)
