"""Slack's client, which counts how its calls ended."""

from http import HTTPStatus
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from core.metrics import Metrics


class CountedClient(AsyncWebClient):
    """Every method of Slack's passes ``api_call``, whichever part of the desk calls it."""

    def __init__(self, metrics: Metrics, **options: Any) -> None:
        super().__init__(**options)
        self._metrics = metrics

    async def api_call(self, api_method: str, **options: Any) -> AsyncSlackResponse:
        """Call the method; what it raises, the SDK raises."""
        outcome = "unanswered"
        try:
            answer = await super().api_call(api_method, **options)
        except SlackApiError as error:
            outcome = outcome_of(error)
            raise
        else:
            outcome = "ok"
            return answer
        finally:
            self._metrics.add("slack_calls", method=api_method, outcome=outcome)


def outcome_of(error: SlackApiError) -> str:
    """Return what a refusal is counted as."""
    status = getattr(error.response, "status_code", 0)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "limited"
    return "broken" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "refused"
