"""``/metrics`` for Prometheus: what all processes counted, and what the database knows anyway.

The latter is asked by its indexes, so that it costs as much after a million tickets as after ten.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from json import loads

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from bot.api.acting import Reader
from bot.api.gate import METRICS
from bot.counting import write_counts
from core.desk import Desk
from core.installation import Installation
from core.metrics import Metrics
from storage.repositories import watching
from storage.tables import Count, utcnow

# Several who watch ask the database once.
FRESH = 5.0


@dataclass(frozen=True)
class Found:
    """What the database says."""

    counts: Sequence[Count]
    oldest_due: float
    open_jobs: Sequence[tuple[str, str, int]]
    unresolved: dict[str, int]
    webhooks: tuple[int, int]


class Watch:
    """Looks at the desk for those who watch over it."""

    def __init__(self, desk: Desk, installation: Installation) -> None:
        self._desk = desk
        self._workspace_id = installation.workspace_id
        self._looking = asyncio.Lock()
        self._found: tuple[float, Found] | None = None

    async def page(self) -> bytes:
        """Return everything in Prometheus' text format."""
        registry = CollectorRegistry()
        registry.register(_Page(self._desk.metrics, await self._look()))
        return generate_latest(registry)

    async def _look(self) -> Found:
        async with self._looking:
            if self._found is None or time.monotonic() - self._found[0] > FRESH:
                await write_counts(self._desk)
                self._found = time.monotonic(), await self._asked()
            return self._found[1]

    async def _asked(self) -> Found:
        return await self._desk.read(_ask, workspace_id=self._workspace_id)


def router(watch: Watch) -> APIRouter:
    """Make the one route, for whoever has a token that may read."""
    made = APIRouter()

    @made.get(METRICS, include_in_schema=False)
    async def metrics(_caller: Reader) -> Response:
        return Response(await watch.page(), media_type=CONTENT_TYPE_LATEST)

    return made


def _ask(session: Session, *, workspace_id: int) -> Found:
    now = utcnow()
    oldest = watching.oldest_due(session, now=now)
    return Found(
        counts=watching.counts(session),
        oldest_due=(now - oldest).total_seconds() if oldest is not None else 0,
        open_jobs=watching.open_jobs(session),
        unresolved=watching.unresolved_tickets(session, workspace_id=workspace_id),
        webhooks=watching.webhooks(session),
    )


class _Page(Collector):
    """What all processes counted, under the names that this one counts by, and what was found."""

    def __init__(self, metrics: Metrics, found: Found) -> None:
        self._metrics = metrics
        self._found = found

    def collect(self) -> Iterator[Metric]:
        yield from self._counted()
        yield GaugeMetricFamily(
            "ticketloop_queue_oldest_due_seconds",
            "For how long the job waits that could have been begun longest.",
            value=self._found.oldest_due,
        )
        jobs = GaugeMetricFamily(
            "ticketloop_jobs", "Jobs that are not done.", labels=["kind", "state"]
        )
        for kind, state, count in self._found.open_jobs:
            jobs.add_metric([kind, state], count)
        yield jobs
        tickets = GaugeMetricFamily(
            "ticketloop_tickets", "Tickets that are not resolved.", labels=["status"]
        )
        for status in watching.UNRESOLVED:
            tickets.add_metric([status], self._found.unresolved.get(status, 0))
        yield tickets
        webhooks = GaugeMetricFamily("ticketloop_webhooks", "Webhooks.", labels=["state"])
        for state, count in zip(("enabled", "disabled"), self._found.webhooks, strict=True):
            webhooks.add_metric([state], count)
        yield webhooks

    def _counted(self) -> Iterator[Metric]:
        known = defaultdict(list)
        for each in self._found.counts:
            known[each.name].append((loads(each.labels), each.value))
        for family in self._metrics.families():
            shown = Metric(family.name, family.documentation, family.type)
            for name in _SAMPLES[family.type]:
                for labels, value in sorted(known[family.name + name], key=_order):
                    shown.add_sample(family.name + name, labels, value)
            yield shown


# What a family of each type consists of.
_SAMPLES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}


def _order(sample: tuple[dict[str, str], float]) -> tuple[list[str], float]:
    """Buckets by their limits, as whoever reads them expects."""
    labels, _ = sample
    return (
        [value for name, value in sorted(labels.items()) if name != "le"],
        float(labels.get("le", 0)),
    )
