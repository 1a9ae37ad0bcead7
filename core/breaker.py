"""A circuit breaker: while a server is down, ask it rarely instead of every time."""

import math
import time
from collections.abc import Callable


class Breaker:
    """Lets calls through while they work, and one probe now and then while they do not.

    Closed at first. ``threshold`` failures in a row open it: nothing goes for ``cooldown`` seconds.
    Then it is half-open: one probe goes, everybody else waits for what it finds. A success closes
    it; a failed probe opens it again for twice as long, ``longest`` seconds at most.

    A server may say itself when to come again: nothing goes before (``hold``), whatever else holds.

    Calls that set out before it opened report like any other: a success closes it (the server
    works), a failure while it is open changes nothing, unless it comes while a probe is under way:
    then it counts as the probe's.

    Used from one event loop; nothing here waits or locks. ``clock`` gives seconds and never goes
    back.
    """

    def __init__(
        self,
        *,
        threshold: int = 5,
        cooldown: float = 10.0,
        longest: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._threshold = threshold
        self._first_cooldown = cooldown
        self._longest = longest
        self._clock = clock
        self._failures = 0
        self._cooldown = cooldown
        self._open_until: float | None = None
        self._opened_at: float | None = None
        self._was_open = 0.0
        self._held_until = -math.inf
        self._probing = False

    @property
    def open_seconds(self) -> float:
        """For how long it has been open in all, probes included."""
        return self._was_open + (
            self._clock() - self._opened_at if self._opened_at is not None else 0
        )

    def refusal(self) -> float | None:
        """Seconds until it is worth trying again, or None: go, and then ``record`` or ``release``.

        Half-open, None is given once: it takes the probe's place. The others wait a first
        cool-down, since nobody knows how long the probe will be.
        """
        opens = self._open_until if self._open_until is not None else -math.inf
        wait = max(self._held_until, opens) - self._clock()
        if wait > 0:
            return wait
        if self._open_until is None:
            return None
        if self._probing:
            return self._first_cooldown
        self._probing = True
        return None

    def record(self, *, success: bool) -> None:
        """A call that was let through has ended."""
        if success:
            self._close()
        elif self._open_until is None:
            self._failures += 1
            if self._failures >= self._threshold:
                self._open()
        elif self._probing:
            self._cooldown = min(self._cooldown * 2, self._longest)
            self._open()

    def hold(self, seconds: float) -> None:
        """The server said when it may be asked again; ``longest`` is obeyed at most."""
        self._held_until = max(self._held_until, self._clock() + min(seconds, self._longest))

    def release(self) -> None:
        """A call that was let through ended without saying anything about the server.

        It was cancelled, say. If it was the probe, the next caller may be.
        """
        self._probing = False

    def _open(self) -> None:
        now = self._clock()
        self._open_until = now + self._cooldown
        self._opened_at = now if self._opened_at is None else self._opened_at
        self._probing = False

    def _close(self) -> None:
        self._failures = 0
        self._cooldown = self._first_cooldown
        self._was_open, self._opened_at = self.open_seconds, None
        self._open_until = None
        self._probing = False
