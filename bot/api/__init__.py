"""The REST API: the same services as behind the buttons in Slack, for other systems."""

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from bot.api import changes, conversation, handing_in, problems, tickets, triage, webhooks
from bot.api.gate import LARGEST, PREFIX, Gate
from bot.parts import Parts

LIMIT_KEY = "starlette.max_body_size"


def mount(app: FastAPI, parts: Parts) -> None:
    """Serve the API under ``/api/v1``."""
    app.state.parts = parts
    app.add_middleware(Gate, parts=parts)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_refused)
    app.include_router(router())


def router() -> APIRouter:
    """Put the rooms together."""
    made = APIRouter(prefix=PREFIX)
    for each in (tickets, handing_in, conversation, triage, changes, webhooks):
        made.include_router(each.router)
    return made


async def _invalid(_request: Request, error: RequestValidationError) -> Response:
    return problems.of_validation(error).response()


async def _refused(request: Request, error: HTTPException) -> Response:
    largest = request.scope.get(LIMIT_KEY, LARGEST)
    return problems.of_http(error, path=request.url.path, largest=largest).response()
