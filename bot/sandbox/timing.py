"""Slack's deadlines and waits, in seconds, and how a test makes them shorter."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """How long Slack waits for what.

    Sources: https://docs.slack.dev/apis/events-api/#retries (acknowledgement and redelivery),
    https://docs.slack.dev/interactivity/handling-user-interaction (trigger, response_url),
    https://docs.slack.dev/apis/web-api/rate-limits (a minute, a post a second).
    """

    ack: float = 3.0
    redeliveries: tuple[float, ...] = (0.0, 60.0, 300.0)
    trigger: float = 3.0
    response_url: float = 30 * 60.0
    rate_window: float = 60.0
    post_interval: float = 1.0

    @classmethod
    def scaled(cls, scale: float) -> "Timing":
        """Shorter (or longer) waits; the deadlines that the bot must meet stay Slack's."""
        if scale <= 0:
            raise ValueError("the scale is a factor above 0")
        whole = cls()
        return cls(
            redeliveries=tuple(wait * scale for wait in whole.redeliveries),
            rate_window=whole.rate_window * scale,
            post_interval=whole.post_interval * scale,
        )
