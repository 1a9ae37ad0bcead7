"""What is shown at /metrics, and what the documents say of it."""

import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.counting import counted, write_counts
from bot.metrics import Watch
from core import webhooks
from core.desk import Desk
from core.installation import Installation
from storage.repositories import watching
from tests.fixtures.people import ask

DOCUMENT = Path(__file__).parents[2] / "docs/monitoring.md"


async def shown(desk: Desk, installation: Installation) -> dict[str, dict[str, float]]:
    """The samples by their names and labels."""
    page = (await Watch(desk, installation).page()).decode()
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


async def test_what_the_database_knows(staffed: Desk, installation: Installation) -> None:
    for second in range(3):
        await staffed.run(ask, installation=installation, ts=f"170000000{second}.1")
    await staffed.run(webhooks.add, workspace_id=1, url="https://example.com/")
    found = await shown(staffed, installation)
    assert found["ticketloop_tickets"] == {"status=new": 3, "status=open": 0, "status=waiting": 0}
    assert found["ticketloop_jobs"]["kind=triage,state=pending"] == 3
    assert found["ticketloop_queue_oldest_due_seconds"][""] < 60
    assert found["ticketloop_webhooks"] == {"state=disabled": 0, "state=enabled": 1}
    assert found["ticketloop_events_total"] == {"action=opened": 3}


async def test_what_several_processes_counted_is_one_number(
    desk: Desk, installation: Installation
) -> None:
    other = Desk(desk.database)
    for each in (desk, other):
        each.metrics.add("slack_calls", method="views.open", outcome="ok")
        each.metrics.acks.labels(surface="event").observe(0.2)
    async with counted(other):
        pass  # a process that ends has added what it counted
    found = await shown(desk, installation)
    assert found["ticketloop_slack_calls_total"] == {"method=views.open,outcome=ok": 2}
    assert found["ticketloop_ack_seconds_count"] == {"surface=event": 2}
    buckets = list(found["ticketloop_ack_seconds_bucket"].items())
    assert [name for name, _ in buckets][-1] == "le=+Inf,surface=event"
    assert [value for _, value in buckets] == sorted(value for _, value in buckets)


async def test_what_the_database_did_not_take_is_added_later(
    desk: Desk, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    desk.metrics.add("events", action="opened")
    with monkeypatch.context() as broken, capture_logs() as logged:
        broken.setattr(watching, "add_counts", fails)
        await write_counts(desk)
    assert [each["event"] for each in logged] == ["what was counted is not written yet"]
    assert (await shown(desk, installation))["ticketloop_events_total"] == {"action=opened": 1}


async def test_everything_that_the_document_names_is_shown(
    desk: Desk, installation: Installation
) -> None:
    """And the other way round. The rules are what Prometheus reads."""
    text = DOCUMENT.read_text(encoding="utf-8")
    page = (await Watch(desk, installation).page()).decode()
    names = {
        f"{name}_total" if kind == "counter" and not name.endswith("_total") else name
        for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", page, re.MULTILINE)
    }
    listed = set(re.findall(r"^\| `(ticketloop_\w+)`", text, re.MULTILINE))
    assert listed == names
    mentioned = set(re.findall(r"ticketloop_\w+", text))
    assert {re.sub(r"_bucket$", "", name) for name in mentioned} == names
    scrape, rules = (
        yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    )
    assert scrape["scrape_configs"][0]["job_name"] == "ticketloop"
    assert len(rules["groups"][0]["rules"]) == 5
