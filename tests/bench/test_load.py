"""The promises of ``make load``, in a few seconds."""

from pathlib import Path

from sqlalchemy import URL

from tests.bench.load import broken
from tests.bench.measure import Load, measure

# The machine is shared with other tests: a third of what Slack allows is what can be asked of it
# here. ``make load`` asks for what is promised.
ACK_MS = 1_000


async def test_a_crowd_is_served(empty_url: URL, tmp_path: Path) -> None:
    load = Load(messages=25, model_delay=1, pace_scale=0.05, patience=60)
    url = empty_url.render_as_string(hide_password=False)
    figures = await measure(load, url, tmp_path)
    assert broken(figures, ack_ms=ACK_MS) == []
