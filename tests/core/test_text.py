"""What is left of untrusted text."""

import pytest
from sqlalchemy.orm import Session

from core.text import MESSAGE_LIMIT, clean, clip, one_line
from storage.tables import Contact


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        pytest.param("a\x00b", "ab", id="NUL"),
        pytest.param("a\ud800b\udfff", "ab", id="lone surrogates"),
        pytest.param("pay \u202eevil\u202c now", "pay evil now", id="right-to-left override"),
        pytest.param("\u2066a\u2069\u200e\u200f", "a", id="isolates and marks"),
        pytest.param("a\x1b[31mb\x7f\x9f", "a[31mb", id="control characters"),
        pytest.param("a\r\nb\rc\n\td", "a\nb\nc\n\td", id="line ends and tabs"),
        pytest.param("  \n a \n ", "a", id="space around"),
        pytest.param(" \x00 \u202e ", "", id="nothing left"),
        pytest.param("ünï 🦊 مرحبا שלום", "ünï 🦊 مرحبا שלום", id="what people write"),
        pytest.param("👩\u200d💻", "👩\u200d💻", id="joined emoji"),
        pytest.param("x" * MESSAGE_LIMIT, "x" * MESSAGE_LIMIT, id="as long as allowed"),
        pytest.param("x" * 50_000, "x" * 39_999 + "…", id="too long"),
    ],
)
def test_clean(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize(
    ("raw", "limit", "clipped"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("a bcd", 3, "a…"), ("", 3, "")],
)
def test_clip(raw: str, limit: int, clipped: str) -> None:
    assert clip(raw, limit) == clipped


def test_one_line() -> None:
    assert one_line(" The\tVPN \r\n\n is\u2028down \x00") == "The VPN is down"
    assert len(one_line("word " * 100)) <= 150


def test_whatever_was_sent_can_be_stored(session: Session) -> None:
    anything = "".join(map(chr, range(0x3000))) + "".join(map(chr, range(0xD700, 0xE100)))
    contact = Contact(workspace_id=1, slack_user_id="U1", name=clean(anything, 255))
    session.add(contact)
    session.flush()
    session.refresh(contact)
    assert contact.name == clean(anything, 255)
