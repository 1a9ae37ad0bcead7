"""Slack's text format: what is drawn, and what never becomes anything but text."""

import pytest

from bot.sandbox.page.mrkdwn import as_typed, parse
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.text import Kind, Run, Style
from bot.sandbox.sample import ANA, BEN, HELP, acme

BOLD, ITALIC, STRIKE, CODE = (
    Style(bold=True),
    Style(italic=True),
    Style(strike=True),
    Style(code=True),
)


@pytest.fixture
def reader() -> Reader:
    return Reader(acme(), ANA)


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("plain", [Run("plain")]),
        ("*bold*", [Run("bold", BOLD)]),
        ("_italic_", [Run("italic", ITALIC)]),
        ("~strike~", [Run("strike", STRIKE)]),
        ("`code`", [Run("code", CODE)]),
        ("*a _b_*", [Run("a ", BOLD), Run("b", Style(bold=True, italic=True))]),
        ("(*bold*)", [Run("("), Run("bold", BOLD), Run(")")]),
        ("snake_case_name 2*3*4", [Run("snake_case_name 2*3*4")]),
        ("* not bold *", [Run("* not bold *")]),
        ("*two\nlines*", [Run("*two\nlines*")]),
        ("`*x* :tada:`", [Run("*x* :tada:", CODE)]),
        (":tada: :nobody_knows:", [Run("🎉 :nobody_knows:")]),
        ("at 10:30:20", [Run("at 10:30:20")]),
        ("a &amp; b &lt; c", [Run("a & b < c")]),
        ("&amp;lt;", [Run("&lt;")]),
        (f"<@{BEN}>", [Run("@Ben Okafor", is_mention=True)]),
        (f"<@{BEN}|benny>", [Run("@Ben Okafor", is_mention=True)]),
        ("<@U0NOBODY>", [Run("@U0NOBODY", is_mention=True)]),
        (f"<#{HELP}|help>", [Run("#help", is_mention=True)]),
        ("<!here>", [Run("@here", is_mention=True)]),
        ("<!subteam^S123>", [Run("@S123", is_mention=True)]),
        ("<!date^1392734382^{date_num} at {time}|then>", [Run("2014-02-18 at 15:39")]),
        ("<!date^1392734382^{unknown}|then>", [Run("{unknown}")]),
        ("<!date^never^{date}|then>", [Run("then")]),
        ("<!date^99999999999999^{date}|then>", [Run("then")]),
        (
            "<https://a.example/?q=1&amp;r=2|*x*>",
            [Run("*x*", href="https://a.example/?q=1&r=2")],
        ),
        ("<https://a.example>", [Run("https://a.example", href="https://a.example")]),
        ("*<https://a.example|x>*", [Run("x", BOLD, href="https://a.example")]),
        ("<mailto:a@b.example|a>", [Run("a", href="mailto:a@b.example")]),
    ],
)
def test_a_line_is_read_into_runs(reader: Reader, text: str, runs: list[Run]) -> None:
    (passage,) = parse(text, reader)
    assert (passage.kind, list(passage.runs)) == (Kind.TEXT, runs)


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("", []),
        ("one\ntwo", [(Kind.TEXT, "one\ntwo")]),
        ("a\n&gt; b\n&gt;c\nd", [(Kind.TEXT, "a"), (Kind.QUOTE, "b\nc"), (Kind.TEXT, "d")]),
        ("a\n&gt;&gt;&gt; b\nc", [(Kind.TEXT, "a"), (Kind.QUOTE, "b\nc")]),
        ("a\n```\nx < *y*\n```\nb", [(Kind.TEXT, "a"), (Kind.CODE, "x < *y*"), (Kind.TEXT, "b")]),
        ("```see <https://a.example>```", [(Kind.CODE, "see https://a.example")]),
        ("``` never closed", [(Kind.TEXT, "``` never closed")]),
    ],
)
def test_lines_are_read_into_passages(
    reader: Reader, text: str, passages: list[tuple[Kind, str]]
) -> None:
    assert [(passage.kind, passage.plain) for passage in parse(text, reader)] == passages


@pytest.mark.parametrize(
    "text",
    [
        "<javascript:alert(1)|click>",
        "<JaVaScRiPt:alert(1)|click>",
        "< javascript:alert(1)|click>",
        "<java\tscript:alert(1)|click>",
        "<\x01javascript:alert(1)|click>",
        "<data:text/html,<script>alert(1)</script>|click>",
        "<vbscript:x|click>",
        "<//evil.example|click>",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<!date^1392734382^{date}^javascript:alert(1)|click>",
        "&lt;a href='https://a.example'&gt;",
    ],
)
def test_only_harmless_links_are_links(reader: Reader, text: str) -> None:
    assert [run.href for passage in parse(text, reader) for run in passage.runs if run.href] == []


def test_long_texts_with_many_marks_are_read_at_once(reader: Reader) -> None:
    parse("*<" * 5_000 + "_~`" * 5_000, reader)


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        (f"<@{BEN}> see <#{HELP}|help>", "@ben see #help"),
        ("<!here> <https://a.example/?a=1&amp;b=2>", "@here https://a.example/?a=1&b=2"),
        ("1 &lt; 2 *b*", "1 < 2 *b*"),
    ],
)
def test_an_edit_starts_from_what_was_typed(kept: str, typed: str) -> None:
    assert as_typed(kept, acme()) == typed
