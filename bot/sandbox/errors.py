"""What goes wrong, said in Slack's words."""

from typing import Any


class SlackError(Exception):
    """A Web API method answers `ok: false` with this error."""

    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.details = details


class RefusedError(Exception):
    """Slack's client does not let a person do this: nothing was sent to the bot."""
