"""Text from Slack, and text on its way there."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block, SectionBlock

from bot.blocks.text import (
    LINKS_SHOWN,
    SlackMessage,
    escape,
    from_slack,
    inert,
    moment,
    paragraph,
    plain,
    quote,
)
from bot.sandbox.blockkit import block_problems


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("&amp;lt;", "&lt;"),
        ("<@U1> <@U1|ben> <#C1|help> <#C1>", "@U1 @ben #help #C1"),
        ("<!channel> <!here|here> <!subteam^S1|@it> <!subteam^S1>", "@channel here @it @subteam"),
        ("<https://a.example>", "https://a.example"),
        ("<https://a.example|a.example>", "https://a.example"),
        (
            "<https://evil.example|https://good.example>",
            "https://good.example (https://evil.example)",
        ),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<tel:+491|call me>", "call me (+491)"),
        ("<>", ""),
    ],
)
def test_from_slack(sent: str, read: str) -> None:
    assert from_slack(sent) == read


@given(st.text())
def test_what_is_escaped_is_read_back_and_holds_no_control(text: str) -> None:
    escaped = escape(text)
    assert "<" not in escaped
    assert ">" not in escaped
    assert from_slack(escaped) == text


@given(st.text(alphabet="*_~`<>&|@!#a "))
def test_inert_text_formats_nothing(text: str) -> None:
    shown = inert(text)
    assert "<" not in shown
    for mark in "*_~`":
        assert shown.count(mark) == shown.count(f"\u200b{mark}\u200b") == text.count(mark)


@given(st.text(min_size=1), st.integers(0, 40))
def test_quotes_and_paragraphs_are_valid_and_whole(text: str, links: int) -> None:
    text += " https://a.example/x?b=c" * links
    for block in (quote(text), paragraph(text)):
        built = block.to_dict()
        assert block_problems([built], "message") == []
        parts = built["elements"][0]["elements"]
        assert "".join(part.get("text") or part["url"] for part in parts) == text
        assert sum(part["type"] == "link" for part in parts) <= LINKS_SHOWN
        assert all("text" not in part for part in parts if part["type"] == "link")


def test_an_empty_text_is_still_a_block() -> None:
    assert block_problems([quote("").to_dict()], "message") == []


def test_the_fallback_is_cut_to_what_an_update_takes() -> None:
    blocks: list[Block] = [SectionBlock(text=plain("a"))]
    arguments = SlackMessage(text="&" * 5_000, blocks=blocks).arguments()
    assert len(arguments["text"]) < 4_000


def test_whether_a_message_fits() -> None:
    def message(sections: int) -> SlackMessage:
        return SlackMessage("a", [SectionBlock(text=plain("é" * 3_000)) for _ in range(sections)])

    assert message(4).fits
    assert not message(5).fits
    assert len(json.dumps(message(4).arguments()["blocks"], ensure_ascii=False)) < 13_000


def test_a_moment_is_told_by_each_readers_clock() -> None:
    when = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
    assert moment(when) == "<!date^1777887000^{date_short_pretty} {time}|2026-05-04 09:30 UTC>"
