"""What every call of the API needs: who calls, and their request done once."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Header, Request, Response, Security
from fastapi.security import HTTPBearer, SecurityScopes
from pydantic import BaseModel, StringConstraints
from sqlalchemy.orm import Session

from bot.parts import Parts
from core import answers
from core.answers import Answer, Key
from core.caller import Caller, Scope
from core.tokens import MissingScope

# For the documentation only: the gate has looked at the token before.
_BEARER = HTTPBearer(auto_error=False, description="What ``ticketloop token create`` said.")

IdempotencyKey = Annotated[
    Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[\x20-\x7e]+$")]
    | None,
    Header(description="The same key and body again within 24 hours: the same answer."),
]


def _caller(
    request: Request, wanted: SecurityScopes, _shown: Annotated[object, Depends(_BEARER)]
) -> Caller:
    caller: Caller = request.state.caller
    for scope in wanted.scopes:
        if scope not in caller.scopes:
            raise MissingScope(Scope(scope))
    return caller


Reader = Annotated[Caller, Security(_caller, scopes=[Scope.READ])]
Writer = Annotated[Caller, Security(_caller, scopes=[Scope.WRITE])]
Admin = Annotated[Caller, Security(_caller, scopes=[Scope.ADMIN])]


@dataclass(frozen=True)
class Act:
    """A request that changes something, with what makes it one that is done once."""

    parts: Parts
    caller: Caller
    key: Key | None

    async def once(self, work: Callable[[Session], Answer]) -> Response:
        """Do the work as one transaction; answer what it returns, or what it returned before."""
        return as_response(await self.done_once(work))

    async def done_once(self, work: Callable[[Session], Answer]) -> Answer:
        """Do the same, for what has more to say."""
        return await self.parts.desk.run(answers.once, key=self.key, work=work)


async def acting(request: Request, caller: Writer, idempotency_key: IdempotencyKey = None) -> Act:
    """Return what a request that changes something needs."""
    parts: Parts = request.app.state.parts
    if idempotency_key is None:
        return Act(parts, caller, None)
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    fingerprint = sha256(asked + await request.body()).hexdigest()
    return Act(parts, caller, Key(caller.token_id, idempotency_key, fingerprint))


Acting = Annotated[Act, Depends(acting)]


def answer(body: BaseModel, *, status: int = 200, location: str | None = None) -> Answer:
    """Return the answer with that body."""
    return Answer(status, body.model_dump_json(), location)


def as_response(answer: Answer) -> Response:
    """Return the answer as a response."""
    headers = {"location": answer.location} if answer.location else {}
    return Response(answer.body, answer.status, headers=headers, media_type="application/json")


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


FromParts = Annotated[Parts, Depends(_parts)]
