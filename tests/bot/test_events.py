"""What a ``message`` event means."""

from dataclasses import replace
from typing import Any

import pytest

from bot.events import Deleted, Edited, Ignored, classify
from core.doors import Said
from core.installation import Installation
from core.modes import Rules

DESK = Installation(
    workspace_id=1,
    team_id="T1",
    bot_user_id="UBOT",
    triage_channel="C9",
    rules=Rules(bots=frozenset({"B7", "A7"})),
)
PLAIN: dict[str, Any] = {"type": "message", "channel": "C1", "ts": "1.1", "user": "U1", "text": "a"}


def said(files: tuple[str, ...] = (), **changes: Any) -> Said:
    """Return what Said looks like of ``PLAIN``."""
    kept = [{"id": "", "name": name, "mimetype": "", "size": 0, "permalink": ""} for name in files]
    same = Said(channel="C1", ts="1.1", root_ts=None, user_id="U1", text="a", files=kept)
    return replace(same, **changes)


@pytest.mark.parametrize(
    ("change", "meaning"),
    [
        pytest.param({}, said(), id="top level"),
        pytest.param({"thread_ts": "1.0"}, said(root_ts="1.0"), id="a reply"),
        pytest.param({"thread_ts": "1.1"}, said(), id="the root of a thread"),
        pytest.param({"subtype": "me_message"}, said(), id="/me"),
        pytest.param(
            {"subtype": "thread_broadcast", "thread_ts": "1.0"},
            said(root_ts="1.0", is_broadcast=True),
            id="both",
        ),
        pytest.param(
            {"type": "app_mention", "text": "<@UBOT> my <@U2|ben> <@UBOT|desk>"},
            said(text="my @ben", mentions_bot=True),
            id="a mention",
        ),
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
        pytest.param({"subtype": "bot_message", "bot_id": "B1"}, Ignored("bot"), id="a bot"),
        pytest.param({"bot_id": "B7"}, said(is_by_bot=True), id="a listed bot with a user"),
        pytest.param(
            {
                "user": None,
                "subtype": "bot_message",
                "bot_id": "B7",
                "bot_profile": {"name": "Alerts"},
            },
            said(user_id="B7", is_by_bot=True, bot_name="Alerts"),
            id="a listed bot without a user",
        ),
        pytest.param(
            {"user": None, "bot_id": "B1", "app_id": "A7", "username": "Onboarding"},
            said(user_id="B1", is_by_bot=True, bot_name="Onboarding"),
            id="a listed app",
        ),
        pytest.param(
            {"user": "UBOT", "bot_id": "B7", "app_id": "A7"}, Ignored("bot"), id="the desk's own"
        ),
        pytest.param(
            {"bot_id": "B7", "text": "", "attachments": [{"fallback": "&lt;1&gt;"}, {"text": "2"}]},
            said(is_by_bot=True, text="<1>\n2"),
            id="a listed bot's attachments",
        ),
        pytest.param(
            {
                "bot_id": "B7",
                "text": "",
                "blocks": [
                    {"type": "header", "text": {"type": "plain_text", "text": "Disk"}},
                    {"type": "section", "fields": [{"type": "mrkdwn", "text": "full <@UBOT>"}]},
                    {
                        "type": "rich_text",
                        "elements": [
                            {
                                "type": "rich_text_section",
                                "elements": [
                                    {"type": "text", "text": "see "},
                                    {"type": "link", "url": "https://a.example"},
                                    {"type": "emoji", "name": "ticket"},
                                    {"type": "user", "user_id": "U2"},
                                ],
                            }
                        ],
                    },
                    {
                        "type": "actions",
                        "elements": [
                            {"type": "button", "text": {"type": "plain_text", "text": "x"}}
                        ],
                    },
                ],
            },
            said(is_by_bot=True, text="Disk\nfull\nsee https://a.example:ticket:@U2"),
            id="a listed bot's blocks",
        ),
        pytest.param({"subtype": "channel_join"}, Ignored("channel_join"), id="a join"),
        pytest.param({"subtype": "channel_topic"}, Ignored("channel_topic"), id="a topic"),
        pytest.param({"subtype": "huddle_thread"}, Ignored("huddle_thread"), id="unknown"),
        pytest.param(
            {"subtype": "message_deleted", "deleted_ts": "0.9"}, Deleted("C1", "0.9"), id="deleted"
        ),
        pytest.param(
            {
                "subtype": "message_changed",
                "message": {
                    **PLAIN,
                    "ts": "0.9",
                    "text": "b<@UBOT>",
                    "edited": {"user": "U1", "ts": "1.5"},
                },
            },
            Edited(channel="C1", ts="0.9", text="b", files=[], edited_ts="1.5"),
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
    assert classify({**PLAIN, **change}, DESK) == meaning
