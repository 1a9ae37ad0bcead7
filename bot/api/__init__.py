"""The REST API: the same services as behind the buttons in Slack, for other systems."""

from fastapi import FastAPI, Request, Response
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
    for each in (tickets, handing_in, conversation, triage, changes, webhooks):
        # With the prefix given here, FastAPI works a route out when it is first asked for.
        app.include_router(each.router, prefix=PREFIX)


async def _invalid(_request: Request, error: RequestValidationError) -> Response:
    return problems.of_validation(error).response()


async def _refused(request: Request, error: HTTPException) -> Response:
    largest = request.scope.get(LIMIT_KEY, LARGEST)
    return problems.of_http(error, path=request.url.path, largest=largest).response()
