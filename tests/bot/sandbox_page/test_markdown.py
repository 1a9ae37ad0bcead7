"""The `markdown` block."""

import pytest

from bot.sandbox.page.markdown import parse
from bot.sandbox.page.text import Kind, Run, Style


def test_a_document_is_read_into_passages() -> None:
    text = "# Title\n\nwords\n\n- a\n  - b\n\n3. c\n4. d\n\n> said\n\n```\nx < y\n```"
    assert [(part.kind, part.plain, part.indent, part.marker) for part in parse(text)] == [
        (Kind.HEADING, "Title", 0, ""),
        (Kind.TEXT, "words", 0, ""),
        (Kind.ITEM, "a", 0, "•"),
        (Kind.ITEM, "b", 1, "•"),
        (Kind.ITEM, "c", 0, "3."),
        (Kind.ITEM, "d", 0, "4."),
        (Kind.QUOTE, "said", 0, ""),
        (Kind.CODE, "x < y", 0, ""),
    ]


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("**b** *i*", [Run("b", Style(bold=True)), Run(" "), Run("i", Style(italic=True))]),
        ("~~s~~ `c`", [Run("s", Style(strike=True)), Run(" "), Run("c", Style(code=True))]),
        ("[x](https://a.example)", [Run("x", href="https://a.example")]),
        ("one\ntwo :tada:", [Run("one"), Run("\n"), Run("two 🎉")]),
        ("<b>x</b>", [Run("<b>x</b>")]),
    ],
)
def test_a_paragraph_is_read_into_runs(text: str, runs: list[Run]) -> None:
    (passage,) = parse(text)
    assert list(passage.runs) == runs


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "<javascript:alert(1)>",
        "[x](/relative)",
        "[x](data:text/html,y)",
    ],
)
def test_only_harmless_links_are_links(text: str) -> None:
    assert [run.href for passage in parse(text) for run in passage.runs if run.href] == []
