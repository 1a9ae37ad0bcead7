"""The parts that need no bot: manifest, text, time, the record of traffic."""

from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.formatting import command_text, typed
from bot.sandbox.ids import Timestamps
from bot.sandbox.manifest import Manifest
from bot.sandbox.sample import ANA, BEN, HELP, acme
from bot.sandbox.server import Sandbox
from bot.sandbox.timing import Timing
from bot.sandbox.traffic import Traffic


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("ask @ben.", f"ask <@{BEN}>."),
        (f"ask <@{BEN}>", f"ask <@{BEN}>"),
        ("ask <@U404>", "ask &lt;@U404&gt;"),
        ("mail a@ben", "mail a@ben"),
        ("in #help", f"in <#{HELP}|help>"),
        ("@here look", "<!here> look"),
        ("see https://a.example/x?y=1&z=2.", "see <https://a.example/x?y=1&amp;z=2>."),
        ("<https://a.example>", "&lt;<https://a.example>&gt;"),
        ("&amp;", "&amp;amp;"),
    ],
)
def test_what_people_type_arrives_as_slack_sends_it(text: str, sent: str) -> None:
    assert typed(acme(), text) == sent


def test_a_command_without_should_escape_carries_names() -> None:
    assert command_text(acme(), "@ana & #help", should_escape=False) == "@ana &amp; #help"
    escaped = command_text(acme(), "@ana & #help", should_escape=True)
    assert escaped == f"<@{ANA}|ana> &amp; <#{HELP}|help>"


def test_timestamps_rise() -> None:
    timestamps = Timestamps()
    issued = [timestamps.next() for _ in range(1_000)]

    assert sorted(issued) == issued
    assert len(set(issued)) == 1_000
    assert all(len(ts.partition(".")[2]) == 6 for ts in issued)


def test_a_manifest_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "manifest.yml"
    path.write_text(
        "features:\n  slash_commands:\n    - command: /ticket\n      should_escape: true\n"
        "oauth_config:\n  scopes:\n    bot: [channels:history]\n"
        "settings:\n  socket_mode_enabled: true\n"
        "  event_subscriptions:\n    bot_events: [message.channels, message.im]\n",
        encoding="utf-8",
    )
    manifest = Manifest.read(path)

    assert manifest.commands["/ticket"].should_escape
    assert manifest.socket_mode
    assert manifest.hears("message.channels")
    assert not manifest.hears("message.im")  # its scope is missing
    assert not manifest.hears("message.groups")  # not subscribed


def test_traffic_keeps_the_newest() -> None:
    traffic = Traffic(limit=3)
    for number in range(5):
        entry: dict[str, Any] = {"payload": {"n": number}, "response": {"ok": True}}
        traffic.record("call", "api.test", **entry, status="200", ms=1.0)

    assert [exchange.payload["n"] for exchange in traffic] == [2, 3, 4]


def test_the_scale_shortens_waits_and_not_the_bots_deadlines() -> None:
    timing = Timing.scaled(0.01)

    assert timing.redeliveries == (0.0, 0.6, 3.0)
    assert (timing.ack, timing.trigger) == (3.0, 3.0)
    with pytest.raises(ValueError, match="above 0"):
        Timing.scaled(0)


async def test_until_gives_up(sandbox: Sandbox) -> None:
    with pytest.raises(TimeoutError):
        await sandbox.until(lambda: False, timeout=0.01)
