"""What this process counts for whoever watches over the desk, until it is added to all others'.

What happened in a transaction is counted when it is committed: ``count`` notes it in the session,
and the desk adds it up afterwards. Labels come from the code alone, never from what people write.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json import dumps
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from core.breaker import Breaker

Noted = list[tuple[str, float, Mapping[str, str]]]
"""What a transaction counted: metrics, amounts and labels."""

_NOTED = "counted"
# Slack waits three seconds.
ACK_BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)


def count(session: Session, metric: str, amount: float = 1, **labels: str) -> None:
    """Count it, if the transaction is committed. ``metric`` is the name of one in ``Metrics``."""
    session.info.setdefault(_NOTED, []).append((metric, amount, labels))


def noted(session: Session) -> Noted:
    """Return what the transaction counted so far."""
    counted: Noted = session.info.get(_NOTED, [])
    return counted


@dataclass(frozen=True)
class Sample:
    """One number that only grows: the name and the labels, as JSON, under which it is known."""

    name: str
    labels: str
    value: float


class Metrics:
    """The counters of one process. ``breaker`` is the model's, where this process asks one."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.breaker: Breaker | None = None
        self.acks = Histogram(
            "ticketloop_ack_seconds",
            "From a request of Slack's to its acknowledgement.",
            ["surface"],
            buckets=ACK_BUCKETS,
            registry=self.registry,
        )
        self._counters = {
            name: Counter(f"ticketloop_{name}", says, labels, registry=self.registry)
            for name, says, labels in (
                ("events", "What happened to tickets, by the audit's words.", ["action"]),
                ("job_tries", "Tries of jobs, by how they ended.", ["kind", "outcome"]),
                ("model_calls", "Questions to the model, by what came of them.", ["outcome"]),
                ("model_tokens", "Tokens that the model's server counted.", ["kind"]),
                ("model_cost_dollars", "What the model cost, by MODEL_PRICES.", []),
                ("slack_calls", "Calls of Slack's methods.", ["method", "outcome"]),
                ("webhook_tries", "Tries to send an event to a webhook.", ["outcome"]),
            )
        }
        self.registry.register(_BreakerTime(self))
        self._taken: dict[tuple[str, str], float] = {}

    def add(self, metric: str, amount: float = 1, **labels: str) -> None:
        """Count it now."""
        counter = self._counters[metric]
        (counter.labels(**labels) if labels else counter).inc(amount)

    def families(self) -> Iterator[Metric]:
        """Return everything that is counted, with its documentation and what it is here."""
        yield from self.registry.collect()

    def take(self) -> list[Sample]:
        """Return by how much each number grew since the last time, to be added to all others'.

        Of a new one also that it is there: so a histogram has all its buckets, empty ones too.
        """
        now = self._now()
        grown = [
            Sample(*key, value - self._taken.get(key, 0))
            for key, value in now.items()
            if key not in self._taken or value > self._taken[key]
        ]
        self._taken = now
        return grown

    def give_back(self, samples: list[Sample]) -> None:
        """Take note that these could not be added."""
        for each in samples:
            key = each.name, each.labels
            self._taken[key] -= each.value
            if not self._taken[key]:  # so it is still a new one
                del self._taken[key]

    def _now(self) -> dict[tuple[str, str], float]:
        return {
            (sample.name, as_text(sample.labels)): sample.value
            for family in self.families()
            for sample in family.samples
            if not sample.name.endswith("_created")
        }


def as_text(labels: Mapping[str, Any]) -> str:
    """Return labels as they are kept."""
    return dumps(labels, sort_keys=True)


class _BreakerTime(Collector):
    """Seconds add up over processes, where a state would not: it is open while they grow."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        breaker = self._metrics.breaker
        yield CounterMetricFamily(
            "ticketloop_model_breaker_open_seconds",
            "For how long nothing was asked because the model had been failing.",
            value=breaker.open_seconds if breaker is not None else 0,
        )
