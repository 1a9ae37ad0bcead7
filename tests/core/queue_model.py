"""The queue as it is meant, in plain Python: what the real one is held against, step by step."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storage.repositories.jobs import SETTLING
from storage.tables import JobState

PENDING, RUNNING = JobState.PENDING, JobState.RUNNING
OPEN = {PENDING, RUNNING}


@dataclass
class Entry:
    """A job as it should be; ``born`` numbers jobs in the order in which they came in."""

    key: str
    born: int
    kind: str
    lane: str | None
    seq: int
    pace: str | None
    urgency: int
    run_at: datetime
    state: JobState = PENDING
    attempts: int = 0
    token: str | None = None
    lease_until: datetime | None = None
    ended_at: datetime | None = None
    outcomes: dict[str, str | None] = field(default_factory=dict)


@dataclass
class Model:
    """All jobs that are known, by their keys, and when each pace lets the next one out."""

    lease: timedelta
    intervals: dict[str, timedelta]
    jobs: dict[str, Entry] = field(default_factory=dict)
    opens: dict[str, datetime] = field(default_factory=dict)

    def put(self, entry: Entry) -> bool:
        """Take a job in, unless one with that key is or was there."""
        if entry.key in self.jobs:
            return False
        self.jobs[entry.key] = entry
        return True

    def claimable(self, kinds: Iterable[str], now: datetime) -> list[Entry]:
        """What may start now, in the order in which it should."""
        able = [each for each in self.jobs.values() if each.kind in kinds and self._may(each, now)]
        return sorted(able, key=lambda each: (each.urgency, each.run_at, each.born))

    def _may(self, entry: Entry, now: datetime) -> bool:
        if entry.state is RUNNING:
            is_due = entry.lease_until is not None and entry.lease_until < now
        else:
            is_due = entry.state is PENDING and entry.run_at <= now
        is_paced = now < self.opens.get(entry.pace or "", now)
        return is_due and not is_paced and not self.is_held_up(entry)

    def is_held_up(self, entry: Entry) -> bool:
        """Whether another job of its lane has to end before it."""
        return any(
            each.seq < entry.seq or each.state is RUNNING
            for each in self.jobs.values()
            if each is not entry and each.lane == entry.lane is not None and each.state in OPEN
        )

    def claimed(self, entry: Entry, token: str, now: datetime) -> None:
        """It is given out under that lease."""
        entry.state, entry.token, entry.lease_until = RUNNING, token, now + self.lease
        entry.attempts += 1
        entry.outcomes[token] = None
        if entry.pace is not None:
            self.opens[entry.pace] = now + self.intervals[entry.pace.partition(":")[0]]

    def closed(self, entry: Entry, state: JobState, outcome: str, now: datetime) -> None:
        """The try under its lease ended so."""
        entry.outcomes[entry.token or ""] = outcome
        entry.state, entry.token, entry.lease_until = state, None, None
        if state is not PENDING:
            entry.ended_at = now

    def hasten(self, lane: str, kind: str, at: datetime, urgency: int) -> bool:
        """What waits in the lane comes forward; say whether anything does."""
        waiting = [
            each
            for each in self.jobs.values()
            if (each.lane, each.kind, each.state) == (lane, kind, PENDING)
        ]
        for each in waiting:
            each.run_at = min(each.run_at, at + SETTLING if each.attempts else at)
            each.urgency = min(each.urgency, urgency)
        return bool(waiting)

    def hold(self, pace: str, until: datetime) -> None:
        """Nothing of that pace goes out before."""
        self.opens[pace] = max(until, self.opens.get(pace, until))

    def pruned(self, before: datetime, paces_before: datetime) -> None:
        """What was done and ended before then is forgotten, and paces that were open earlier."""
        self.opens = {key: at for key, at in self.opens.items() if at >= paces_before}
        self.jobs = {
            key: each
            for key, each in self.jobs.items()
            if each.state is not JobState.DONE or each.ended_at is None or each.ended_at >= before
        }

    def next_moment(self, kinds: Iterable[str], now: datetime) -> datetime | None:
        """When something can next be claimed though nothing but time passes, or None.

        Not a job whose lease has run out, and whose pace is closed: workers look once a second
        anyway.
        """
        moments = [each.run_at for each in self.jobs.values() if each.state is PENDING]
        moments += [each.lease_until for each in self.jobs.values() if each.lease_until is not None]
        moments += self.opens.values()
        tick = timedelta(microseconds=1)  # a lease has run out only after its last moment
        for moment in sorted(each for each in moments if each > now):
            able = self.claimable(kinds, moment + tick)
            if any(each.lease_until is None or each.lease_until > now for each in able):
                return moment
        return None


def side_by_side(entries: Iterable[Entry]) -> list[Entry]:
    """Return those that may start at once, the earlier ones first."""
    chosen: list[Entry] = []
    for entry in entries:
        if not any(_excludes(each, entry) for each in chosen):
            chosen.append(entry)
    return chosen


def _excludes(first: Entry, second: Entry) -> bool:
    """Whether they share a pace or a lane, or neither's lane is a ticket's."""
    if None not in {first.lane, second.lane} and (
        first.lane == second.lane or not (first.seq or second.seq)
    ):
        return True
    return first.pace == second.pace is not None
