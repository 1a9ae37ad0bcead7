"""What is counted, and that nothing is counted that did not happen."""

import pytest
from sqlalchemy.orm import Session

from core.breaker import Breaker
from core.desk import Desk
from core.metrics import ACK_BUCKETS, Metrics, count


def grown(metrics: Metrics) -> dict[tuple[str, str], float]:
    return {(each.name, each.labels): each.value for each in metrics.take() if each.value}


def opened(session: Session) -> None:
    count(session, "events", action="opened")
    count(session, "model_cost_dollars", 0.25)


async def test_what_was_committed_is_counted(desk: Desk) -> None:
    await desk.run(opened)
    await desk.run(opened)
    assert grown(desk.metrics) == {
        ("ticketloop_events_total", '{"action": "opened"}'): 2,
        ("ticketloop_model_cost_dollars_total", "{}"): 0.5,
    }
    assert grown(desk.metrics) == {}


async def test_what_was_undone_is_not(desk: Desk) -> None:
    def fails(session: Session) -> None:
        opened(session)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await desk.run(fails)
    assert grown(desk.metrics) == {}


def test_what_could_not_be_added_is_added_the_next_time() -> None:
    metrics = Metrics()
    metrics.add("slack_calls", method="chat.postMessage", outcome="ok")
    taken = metrics.take()
    metrics.add("slack_calls", 2, method="chat.postMessage", outcome="ok")
    metrics.give_back(taken)
    labels = '{"method": "chat.postMessage", "outcome": "ok"}'
    assert grown(metrics) == {("ticketloop_slack_calls_total", labels): 3}


def test_a_histogram_is_there_with_all_its_buckets() -> None:
    metrics = Metrics()
    metrics.acks.labels(surface="event").observe(0.2)
    buckets = [each for each in metrics.take() if each.name.endswith("_bucket")]
    assert len(buckets) == len(ACK_BUCKETS) + 1
    values = {each.labels: each.value for each in buckets}
    assert values['{"le": "0.1", "surface": "event"}'] == 0
    assert values['{"le": "0.25", "surface": "event"}'] == 1


def test_buckets_that_could_not_be_added_are_there_the_next_time() -> None:
    metrics = Metrics()
    metrics.acks.labels(surface="event").observe(0.2)
    taken = metrics.take()
    metrics.give_back(taken)
    assert metrics.take() == taken


def test_the_breaker_s_time_is_that_of_all_its_openings() -> None:
    now = 0.0
    breaker = Breaker(threshold=1, cooldown=10, clock=lambda: now)
    metrics = Metrics()
    metrics.breaker = breaker
    breaker.record(success=False)
    now = 4.0
    assert grown(metrics) == {("ticketloop_model_breaker_open_seconds_total", "{}"): 4}
    now = 12.0
    assert breaker.refusal() is None
    breaker.record(success=False)  # the probe fails, and it stays open
    now = 15.0
    breaker.record(success=True)
    now = 100.0
    assert breaker.open_seconds == 15
    breaker.record(success=False)
    now = 101.0
    assert breaker.open_seconds == 16
    assert grown(metrics) == {("ticketloop_model_breaker_open_seconds_total", "{}"): 12}
