"""What a ``message`` event means."""

from typing import Any

import pytest

from bot.events import Deleted, Edited, Ignored, Said, classify

PLAIN: dict[str, Any] = {"type": "message", "channel": "C1", "ts": "1.1", "user": "U1", "text": "a"}


def said(root_ts: str | None = None, text: str = "a", files: tuple[str, ...] = ()) -> Said:
    """Return what Said looks like of ``PLAIN``."""
    kept = [{"id": "", "name": name, "mimetype": "", "size": 0, "permalink": ""} for name in files]
    return Said(channel="C1", ts="1.1", root_ts=root_ts, user_id="U1", text=text, files=kept)


@pytest.mark.parametrize(
    ("change", "meaning"),
    [
        pytest.param({}, said(), id="top level"),
        pytest.param({"thread_ts": "1.0"}, said("1.0"), id="a reply"),
        pytest.param({"thread_ts": "1.1"}, said(), id="the root of a thread"),
        pytest.param({"subtype": "me_message"}, said(), id="/me"),
        pytest.param({"subtype": "thread_broadcast", "thread_ts": "1.0"}, said("1.0"), id="both"),
        pytest.param({"text": None}, said(text=""), id="without text"),
        pytest.param({"text": "&lt;b&gt; <@U2|ben>"}, said(text="<b> @ben"), id="escaped"),
        pytest.param(
            {
                "subtype": "file_share",
                "files": [{"name": "a\x00\u202eb\n.png"}, {"title": "t"}, {}],
            },
            said(files=("ab .png", "t", "a file")),
            id="files",
        ),
        pytest.param({"bot_id": "B1"}, Ignored("bot"), id="a bot with a user"),
        pytest.param({"user": None}, Ignored("bot"), id="nobody"),
        pytest.param({"subtype": "bot_message"}, Ignored("bot_message"), id="a bot"),
        pytest.param({"subtype": "channel_join"}, Ignored("channel_join"), id="a join"),
        pytest.param({"subtype": "channel_topic"}, Ignored("channel_topic"), id="a topic"),
        pytest.param({"subtype": "huddle_thread"}, Ignored("huddle_thread"), id="unknown"),
        pytest.param(
            {"subtype": "message_deleted", "deleted_ts": "0.9"}, Deleted("C1", "0.9"), id="deleted"
        ),
        pytest.param(
            {"subtype": "message_changed", "message": {**PLAIN, "ts": "0.9", "text": "b"}},
            Edited(channel="C1", ts="0.9", text="b", files=[]),
            id="edited",
        ),
        pytest.param(
            {"subtype": "message_changed", "message": {"ts": "0.9", "bot_id": "B1", "text": "b"}},
            Ignored("bot"),
            id="edited by a bot",
        ),
        pytest.param(
            {
                "subtype": "message_changed",
                "message": {"ts": "0.9", "user": "U1", "subtype": "tombstone"},
            },
            Deleted("C1", "0.9"),
            id="deleted, with replies",
        ),
        pytest.param(
            {
                "subtype": "message_changed",
                "message": {"ts": "0.9", "user": "USLACKBOT", "subtype": "tombstone"},
            },
            Deleted("C1", "0.9"),
            id="deleted, as Slackbot says it",
        ),
    ],
)
def test_classify(change: dict[str, Any], meaning: Said | Edited | Deleted | Ignored) -> None:
    assert classify({**PLAIN, **change}) == meaning
