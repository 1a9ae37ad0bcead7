"""Permalinks lead to the message on this page; everything else out into the web."""

import pytest

from bot.sandbox.page.links import address, link
from bot.sandbox.page.reader import Reader
from bot.sandbox.sample import BEN, HELP, acme

PLACE = f"https://acme.slack.com/archives/{HELP}"


@pytest.mark.parametrize(
    ("url", "href"),
    [
        (f"{PLACE}/p1700000000000100", "/?person=ben&channel=help&thread=1700000000.000100"),
        (
            f"{PLACE}/p1700000000000200?thread_ts=1700000000.000100&cid={HELP}",
            "/?person=ben&channel=help&thread=1700000000.000100",
        ),
        (PLACE, PLACE),
        (
            "https://acme.slack.com/archives/C0UNKNOWN/p1700000000000100",
            "https://acme.slack.com/archives/C0UNKNOWN/p1700000000000100",
        ),
        ("https://other.slack.com/x", "https://other.slack.com/x"),
        ("/?person=ana", None),
        ("javascript://acme.slack.com/archives/x", None),
        ("https://[", "https://["),
    ],
)
def test_a_link_leads_somewhere_harmless(url: str, href: str | None) -> None:
    assert link(Reader(acme(), BEN), url).href == href


def test_a_direct_message_is_found_by_the_name_of_the_app() -> None:
    workspace = acme()
    channel = workspace.direct_message(BEN).id
    assert address(Reader(workspace, BEN), channel) == "/?person=ben&channel=ticketloop"
