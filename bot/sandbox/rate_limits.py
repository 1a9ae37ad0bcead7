"""Rate limits: a tier for each method, and a post a second in each channel.

https://docs.slack.dev/apis/web-api/rate-limits
"""

import math
from collections import defaultdict, deque
from time import monotonic

from bot.sandbox.methods.facts import FACTS, TIERS
from bot.sandbox.timing import Timing

# Slack allows "short bursts" without giving a figure.
POST_BURST = 5


class RateLimits:
    """Counts calls and says how long to wait when there were too many."""

    def __init__(self, timing: Timing) -> None:
        self._window = timing.rate_window
        self._interval = timing.post_interval
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._next_post: dict[str, float] = {}

    def wait(self, method: str, channel: str) -> int | None:
        """Seconds for Retry-After (whole, at least 1), or None when the call may go ahead."""
        now = monotonic()
        calls = self._calls[method]
        while calls and calls[0] <= now - self._window:
            calls.popleft()
        if len(calls) >= TIERS[FACTS[method].tier]:
            return _whole(calls[0] + self._window - now)
        if method == "chat.postMessage":
            # A leaky bucket: `due` is when the channel has caught up with its posts.
            due = max(self._next_post.get(channel, now), now)
            ahead = due - now - (POST_BURST - 1) * self._interval
            if ahead > 0:
                return _whole(ahead)
            self._next_post[channel] = due + self._interval
        calls.append(now)
        return None


def _whole(seconds: float) -> int:
    return max(1, math.ceil(seconds))
