"""What the bot hears of, and what it does not."""

from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import Any

import pytest

from bot.sandbox.records import File
from bot.sandbox.sample import ANA, BEN, CY, DEE, GENERAL, HELP, TRIAGE
from bot.sandbox.server import Sandbox

Json = dict[str, Any]
Serve = Callable[..., Awaitable[Sandbox]]


def events(sandbox: Sandbox, kind: str) -> list[Json]:
    """The events of this type that Slack tried to deliver, first tries only."""
    deliveries = sandbox.traffic.deliveries(kind)
    return [delivery.payload["event"] for delivery in deliveries if delivery.retry == 0]


async def test_each_kind_of_channel(sandbox: Sandbox) -> None:
    direct = sandbox.workspace.direct_message(ANA)
    await sandbox.people.post(ANA, HELP, "public")
    await sandbox.people.post(BEN, TRIAGE, "private")
    await sandbox.people.post(ANA, direct.id, "direct")

    heard = [(event["channel_type"], event["text"]) for event in events(sandbox, "message")]
    assert heard == [("channel", "public"), ("group", "private"), ("im", "direct")]


async def test_the_bot_hears_nothing_where_it_is_not(sandbox: Sandbox) -> None:
    sandbox.workspace.kick(GENERAL, sandbox.workspace.bot.id)

    outcome = await sandbox.people.post(ANA, GENERAL, "psst")

    assert outcome.ack is None
    assert events(sandbox, "message") == []


@pytest.mark.parametrize("missing", ["scope", "subscription"])
async def test_scope_and_subscription_are_both_needed(
    serve: Serve, sandbox: Sandbox, missing: str
) -> None:
    manifest = deepcopy({"oauth_config": {"scopes": {"bot": ["channels:history"]}}})
    settings: Json = {"event_subscriptions": {"bot_events": ["message.channels"]}}
    if missing == "scope":
        manifest["oauth_config"]["scopes"]["bot"] = ["groups:history"]
    else:
        settings["event_subscriptions"]["bot_events"] = ["message.groups"]
    deaf = await serve(manifest={**manifest, "settings": settings})

    assert (await deaf.people.post(ANA, HELP, "hello?")).ack is None
    assert len(deaf.traffic) == 0


async def test_a_message_has_the_shape_of_slacks(sandbox: Sandbox) -> None:
    await sandbox.people.post(ANA, HELP, "hello")

    (delivery,) = [d for d in sandbox.traffic.deliveries("message") if d.retry == 0]
    body, event = delivery.payload, delivery.payload["event"]
    assert body["type"] == "event_callback"
    assert body["authorizations"][0]["user_id"] == sandbox.workspace.bot.id
    assert body["event_id"].startswith("Ev")
    assert event["type"] == "message"
    assert "subtype" not in event
    assert event["user"] == ANA
    assert event["team"] == sandbox.workspace.team_id
    assert event["ts"] == event["event_ts"]
    assert event["client_msg_id"]
    assert event["blocks"][0]["type"] == "rich_text"


async def test_a_reply_names_its_thread(sandbox: Sandbox) -> None:
    parent = await sandbox.people.post(ANA, HELP, "parent")
    await sandbox.people.post(BEN, HELP, "reply", thread_ts=parent.ts)

    reply = events(sandbox, "message")[1]
    assert (reply["thread_ts"], reply["parent_user_id"]) == (parent.ts, ANA)


async def test_edits_and_deletions(sandbox: Sandbox) -> None:
    posted = await sandbox.people.post(ANA, HELP, "one")
    assert posted.ts
    await sandbox.people.edit(ANA, HELP, posted.ts, "two")
    await sandbox.people.delete(ANA, HELP, posted.ts)

    _, changed, deleted = events(sandbox, "message")
    assert changed["subtype"] == "message_changed"
    assert changed["message"]["edited"]["user"] == ANA
    assert changed["message"]["text"] == "two"
    assert changed["previous_message"]["text"] == "one"
    assert deleted["subtype"] == "message_deleted"
    assert deleted["deleted_ts"] == posted.ts


async def test_a_screenshot_without_text(sandbox: Sandbox) -> None:
    shot = sandbox.workspace.put_file(File("F1", "shot.png", ANA, "image/png", b"png"))
    await sandbox.people.post(ANA, HELP, "", files=[shot])

    (event,) = events(sandbox, "message")
    assert (event["subtype"], event["text"]) == ("file_share", "")
    assert event["files"][0]["url_private"].startswith(sandbox.url)


async def test_a_mention(sandbox: Sandbox) -> None:
    await sandbox.people.post(ANA, HELP, "@ticketloop please help")

    (event,) = events(sandbox, "app_mention")
    assert event["text"] == f"<@{sandbox.workspace.bot.id}> please help"


async def test_reactions(sandbox: Sandbox) -> None:
    posted = await sandbox.people.post(ANA, HELP, "hi")
    assert posted.ts
    await sandbox.people.react(BEN, HELP, posted.ts, "ticket")

    (event,) = events(sandbox, "reaction_added")
    assert (event["user"], event["item_user"], event["reaction"]) == (BEN, ANA, "ticket")
    assert event["item"] == {"type": "message", "channel": HELP, "ts": posted.ts}


async def test_joining_and_leaving(sandbox: Sandbox) -> None:
    await sandbox.people.join(DEE, TRIAGE, inviter=BEN)
    await sandbox.people.leave(DEE, TRIAGE)

    (joined,) = events(sandbox, "member_joined_channel")
    (left,) = events(sandbox, "member_left_channel")
    (message,) = events(sandbox, "message")
    assert (joined["user"], joined["inviter"], joined["channel_type"]) == (DEE, BEN, "G")
    assert left["user"] == DEE
    assert message["subtype"] == "channel_join"
    assert DEE not in sandbox.workspace.channel(TRIAGE).members


async def test_user_groups(sandbox: Sandbox) -> None:
    sandbox.workspace.put_usergroup("helpers", (BEN,))
    sandbox.workspace.put_usergroup("helpers", (CY,))

    await sandbox.until(lambda: len(events(sandbox, "subteam_members_changed")) == 2)
    _, event = events(sandbox, "subteam_members_changed")
    assert (event["added_users"], event["removed_users"]) == ([CY], [BEN])


async def test_an_event_by_hand(sandbox: Sandbox) -> None:
    assert sandbox.events.send({"type": "app_mention", "user": ANA, "channel": HELP, "text": "x"})
    assert not sandbox.events.send({"type": "tokens_revoked"})
