"""The Web API through the SDK's own client."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.sample import ANA, BEN, CY, DEE, GENERAL, HELP, TRIAGE
from bot.sandbox.server import Sandbox
from bot.sandbox.timing import Timing

Serve = Callable[..., Awaitable[Sandbox]]
Json = dict[str, Any]


def client_of(sandbox: Sandbox) -> AsyncWebClient:
    return AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url)


async def error_of(call: Awaitable[Any]) -> Json:
    """The whole answer to a call that Slack refuses."""
    with pytest.raises(SlackApiError) as refused:
        await call
    return dict(refused.value.response.data)


async def test_the_sdk_knows_who_it_is(sandbox: Sandbox, web: AsyncWebClient) -> None:
    answer = await web.auth_test()

    assert answer["user_id"] == sandbox.workspace.bot.id
    assert answer["bot_id"] == sandbox.workspace.bot_id
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize(
    ("token", "error"),
    [
        ("", "not_authed"),
        ("xoxb-other", "invalid_auth"),
        ("xapp-sandbox", "not_allowed_token_type"),
    ],
)
async def test_tokens(sandbox: Sandbox, token: str, error: str) -> None:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.api_url}auth.test", headers=headers) as response,
    ):
        assert await response.json() == {"ok": False, "error": error}


@pytest.mark.parametrize("as_json", [True, False])
async def test_a_token_and_blocks_may_come_in_the_body(sandbox: Sandbox, as_json: bool) -> None:
    blocks: Any = [{"type": "divider"}]
    body = {"channel": HELP, "text": "hi", "blocks": blocks}
    headers = {"authorization": f"Bearer {sandbox.bot_token}"} if as_json else {}
    form = body | {"token": sandbox.bot_token, "blocks": json.dumps(blocks)}
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{sandbox.api_url}chat.postMessage",
            headers=headers,
            json=body if as_json else None,
            data=None if as_json else form,
        ) as response,
    ):
        answer = await response.json()

    assert answer["ok"], answer
    assert answer["message"]["blocks"][0]["type"] == "divider"
    assert "token" not in sandbox.traffic.calls()[-1].payload


async def test_malformed_json(sandbox: Sandbox) -> None:
    headers = {
        "authorization": f"Bearer {sandbox.bot_token}",
        "content-type": "application/json",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.api_url}auth.test", headers=headers, data="{") as response,
    ):
        assert await response.json() == {"ok": False, "error": "invalid_json"}


async def test_a_method_without_its_scope(serve: Serve) -> None:
    manifest = {"oauth_config": {"scopes": {"bot": ["commands"]}}}
    sandbox = await serve(manifest=manifest)

    answer = await error_of(client_of(sandbox).chat_postMessage(channel=HELP, text="hi"))

    assert answer["error"] == "missing_scope"
    assert (answer["needed"], answer["provided"]) == ("chat:write", "commands")


async def test_each_kind_of_channel_has_its_own_scope(serve: Serve) -> None:
    manifest = {"oauth_config": {"scopes": {"bot": ["channels:read", "channels:history"]}}}
    sandbox = await serve(manifest=manifest)
    web = client_of(sandbox)

    assert (await web.conversations_info(channel=HELP))["ok"]
    refused = await error_of(web.conversations_history(channel=TRIAGE))
    assert (refused["error"], refused["needed"]) == ("missing_scope", "groups:history")


REFUSALS: list[tuple[str, Json, str]] = [
    ("chat.postMessage", {"channel": "C404", "text": "x"}, "channel_not_found"),
    ("chat.postMessage", {"channel": "#secret", "text": "x"}, "channel_not_found"),
    ("chat.postMessage", {"channel": "#random", "text": "x"}, "not_in_channel"),
    ("chat.postMessage", {"channel": "#old", "text": "x"}, "is_archived"),
    ("chat.postMessage", {"channel": HELP}, "no_text"),
    ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
    ("chat.postMessage", {"channel": HELP, "blocks": "{"}, "invalid_blocks_format"),
    ("chat.postMessage", {"channel": HELP, "blocks": [{"type": "x"}]}, "invalid_blocks"),
    (
        "chat.postMessage",
        {
            "channel": HELP,
            "blocks": [
                {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2_900}}
                for _ in range(5)
            ],
        },
        "msg_blocks_too_long",
    ),
    (
        "chat.postMessage",
        {"channel": HELP, "text": "x", "metadata": {"event_type": "job"}},
        "invalid_metadata_schema",
    ),
    (
        "chat.postEphemeral",
        {"channel": GENERAL, "user": "U404", "text": "x"},
        "user_not_in_channel",
    ),
    ("chat.update", {"channel": HELP, "ts": "1.0", "text": "x"}, "message_not_found"),
    ("chat.delete", {"channel": HELP, "ts": "1.0"}, "message_not_found"),
    ("conversations.info", {"channel": "C404"}, "channel_not_found"),
    ("conversations.history", {"channel": "C0RANDOM001"}, "not_in_channel"),
    ("conversations.history", {"channel": HELP, "oldest": "soon"}, "invalid_ts_oldest"),
    ("conversations.history", {"channel": HELP, "limit": "many"}, "invalid_limit"),
    ("conversations.history", {"channel": HELP, "cursor": "!"}, "invalid_cursor"),
    ("conversations.replies", {"channel": HELP, "ts": "1.0"}, "thread_not_found"),
    ("conversations.list", {"types": "party"}, "invalid_types"),
    ("conversations.open", {}, "users_list_not_supplied"),
    ("conversations.open", {"users": "U404"}, "user_not_found"),
    ("conversations.join", {"channel": TRIAGE}, "method_not_supported_for_channel_type"),
    ("users.info", {"user": "U404"}, "user_not_found"),
    ("users.lookupByEmail", {"email": "ana@acme.example"}, "missing_scope"),
    ("usergroups.users.list", {"usergroup": "S404"}, "no_such_subteam"),
    ("reactions.add", {"channel": HELP, "timestamp": "1.0", "name": "eyes"}, "message_not_found"),
    ("files.info", {"file": "F404"}, "file_not_found"),
    ("team.info", {}, "missing_scope"),
    ("views.open", {"trigger_id": "1.2.3", "view": {"type": "modal"}}, "invalid_arguments"),
    ("views.update", {"view_id": "V404", "view": {"type": "home", "blocks": []}}, "not_found"),
    ("chat.shout", {"channel": HELP}, "unknown_method"),
]


async def test_refusals(sandbox: Sandbox, web: AsyncWebClient) -> None:
    bot = sandbox.workspace.bot.id
    sandbox.workspace.add_channel("random", id="C0RANDOM001")
    sandbox.workspace.add_channel("secret", is_private=True)
    old = sandbox.workspace.add_channel("old", members={bot})
    sandbox.workspace.archive(old.id)

    answers = [
        (method, args, (await error_of(web.api_call(method, json=args)))["error"])
        for method, args, _ in REFUSALS
    ]

    assert answers == REFUSALS


async def test_a_message_is_kept_as_slack_keeps_it(sandbox: Sandbox, web: AsyncWebClient) -> None:
    text = f"<@{ANA}> 1 < 2 &amp; R&D <https://a.example|a> https://b.example. <!here> <script>"
    message = (await web.chat_postMessage(channel=HELP, text=text))["message"]

    assert message["text"] == (
        f"<@{ANA}> 1 &lt; 2 &amp; R&amp;D <https://a.example|a> <https://b.example>. <!here> "
        "&lt;script&gt;"
    )


async def test_long_texts(web: AsyncWebClient) -> None:
    posted = await web.chat_postMessage(channel=HELP, text="x" * 40_001)
    update = web.chat_update(channel=HELP, ts=posted["ts"], text="x" * 4_001)

    assert len(posted["message"]["text"]) == 40_000
    assert (await error_of(update))["error"] == "msg_too_long"


async def test_a_reply_whose_parent_is_gone_is_posted_at_top_level(
    sandbox: Sandbox, web: AsyncWebClient
) -> None:
    parent = await web.chat_postMessage(channel=HELP, text="parent")
    reply = await web.chat_postMessage(channel=HELP, text="in", thread_ts=parent["ts"])
    await web.chat_delete(channel=HELP, ts=parent["ts"])
    late = await web.chat_postMessage(channel=HELP, text="late", thread_ts=parent["ts"])

    assert reply["message"]["thread_ts"] == parent["ts"]
    assert "thread_ts" not in late["message"]
    history = await web.conversations_history(channel=HELP)
    assert [message["text"] for message in history["messages"]] == ["late"]


async def test_an_update_keeps_what_it_does_not_name(web: AsyncWebClient) -> None:
    blocks = [{"type": "divider"}]
    posted = await web.chat_postMessage(channel=HELP, text="one", blocks=blocks)
    kept = await web.chat_update(channel=HELP, ts=posted["ts"], text="two")
    emptied = await web.chat_update(channel=HELP, ts=posted["ts"], text="three", blocks=[])

    assert kept["message"]["blocks"][0]["type"] == "divider"
    assert kept["message"]["edited"]["user"] == posted["message"]["user"]
    assert "blocks" not in emptied["message"]


async def test_only_own_messages_can_be_changed(sandbox: Sandbox, web: AsyncWebClient) -> None:
    theirs = sandbox.workspace.post(HELP, ANA, "mine")
    hidden = await web.chat_postEphemeral(channel=HELP, user=ANA, text="psst")

    update = await error_of(web.chat_update(channel=HELP, ts=theirs.ts, text="yours"))
    delete = await error_of(web.chat_delete(channel=HELP, ts=theirs.ts))
    ephemeral = await error_of(web.chat_update(channel=HELP, ts=hidden["message_ts"], text="x"))

    assert update["error"] == "cant_update_message"
    assert delete["error"] == "cant_delete_message"
    assert ephemeral["error"] == "message_not_found"
    history = await web.conversations_history(channel=HELP)
    assert [message["text"] for message in history["messages"]] == ["mine"]


async def test_metadata_is_returned_only_when_asked_for(web: AsyncWebClient) -> None:
    metadata = {"event_type": "job", "event_payload": {"key": "42"}}
    await web.chat_postMessage(channel=HELP, text="x", metadata=metadata)

    plain = await web.conversations_history(channel=HELP)
    whole = await web.conversations_history(channel=HELP, include_all_metadata=True)

    assert "metadata" not in plain["messages"][0]
    assert whole["messages"][0]["metadata"] == metadata


async def test_history_comes_in_pages(sandbox: Sandbox, web: AsyncWebClient) -> None:
    sent = [sandbox.workspace.post(HELP, ANA, f"message {n}") for n in range(7)]
    sandbox.workspace.post(HELP, ANA, "reply", thread_ts=sent[0].ts)

    pages = [
        (page["has_more"], page["messages"])
        async for page in await web.conversations_history(channel=HELP, limit=3)
    ]

    assert [(more, len(messages)) for more, messages in pages] == [(True, 3), (True, 3), (False, 1)]
    texts = [message["text"] for _, messages in pages for message in messages]
    assert texts == [message.text for message in reversed(sent)]
    assert pages[-1][1][0]["reply_count"] == 1


async def test_a_window_of_history(sandbox: Sandbox, web: AsyncWebClient) -> None:
    sent = [sandbox.workspace.post(HELP, ANA, f"message {n}") for n in range(4)]
    oldest, latest = sent[1].ts, sent[3].ts

    inner = await web.conversations_history(channel=HELP, oldest=oldest, latest=latest)
    outer = await web.conversations_history(
        channel=HELP, oldest=oldest, latest=latest, inclusive=True
    )

    assert [message["ts"] for message in inner["messages"]] == [sent[2].ts]
    assert [message["ts"] for message in outer["messages"]] == [m.ts for m in sent[3:0:-1]]


async def test_a_thread_starts_with_its_parent(sandbox: Sandbox, web: AsyncWebClient) -> None:
    parent = sandbox.workspace.post(HELP, ANA, "parent")
    for number in range(3):
        sandbox.workspace.post(HELP, BEN, f"reply {number}", thread_ts=parent.ts)

    thread = await web.conversations_replies(channel=HELP, ts=parent.ts)

    texts = [message["text"] for message in thread["messages"]]
    assert texts == ["parent", "reply 0", "reply 1", "reply 2"]
    assert thread["messages"][1]["parent_user_id"] == ANA


async def test_people_and_channels(sandbox: Sandbox, web: AsyncWebClient) -> None:
    user = (await web.users_info(user=ANA))["user"]
    pages = [len(page["members"]) async for page in await web.users_list(limit=4)]
    channels = await web.conversations_list(types="public_channel,private_channel")
    members = await web.conversations_members(channel=TRIAGE)
    direct = await web.conversations_open(users=[DEE])
    again = await web.conversations_open(users=[DEE])
    mine = await web.users_conversations(user=CY, types="private_channel")

    assert user["real_name"] == "Ana Alvarez"
    assert "email" not in user["profile"]
    assert pages == [4, 3]
    assert {channel["name"] for channel in channels["channels"]} == {"help", "general", "triage"}
    assert members["members"] == sorted([BEN, CY, sandbox.workspace.bot.id])
    assert direct["channel"]["id"] == again["channel"]["id"]
    assert [channel["id"] for channel in mine["channels"]] == [TRIAGE]


async def test_user_groups(sandbox: Sandbox, web: AsyncWebClient) -> None:
    group = sandbox.workspace.put_usergroup("helpers", (BEN, CY))

    listed = await web.usergroups_list(include_users=True)
    users = await web.usergroups_users_list(usergroup=group.id)

    assert listed["usergroups"][0]["users"] == [BEN, CY]
    assert users["users"] == [BEN, CY]


async def test_reactions(sandbox: Sandbox, web: AsyncWebClient) -> None:
    ts = sandbox.workspace.post(HELP, ANA, "hi").ts
    await web.reactions_add(channel=HELP, timestamp=ts, name="eyes")
    twice = await error_of(web.reactions_add(channel=HELP, timestamp=ts, name="eyes"))
    seen = await web.reactions_get(channel=HELP, timestamp=ts)
    await web.reactions_remove(channel=HELP, timestamp=ts, name="eyes")
    gone = await error_of(web.reactions_remove(channel=HELP, timestamp=ts, name="eyes"))

    assert twice["error"] == "already_reacted"
    assert seen["message"]["reactions"][0]["count"] == 1
    assert gone["error"] == "no_reaction"


async def test_a_file_is_uploaded_and_shared(sandbox: Sandbox, web: AsyncWebClient) -> None:
    await web.files_upload_v2(
        channel=HELP, filename="log.txt", content="it broke", initial_comment="the log"
    )

    (message,) = sandbox.workspace.messages(HELP)
    assert (message.subtype, message.text) == ("file_share", "the log")
    assert message.files[0].content == b"it broke"
    info = await web.files_info(file=message.files[0].id)
    assert info["file"]["mimetype"] == "text/plain"


async def test_a_permalink(sandbox: Sandbox, web: AsyncWebClient) -> None:
    ts = sandbox.workspace.post(HELP, ANA, "hi").ts

    answer = await web.chat_getPermalink(channel=HELP, message_ts=ts)

    assert answer["permalink"].endswith(f"/archives/{HELP}/p{ts.replace('.', '')}")


async def test_a_post_to_a_person_goes_to_their_direct_message(
    sandbox: Sandbox, web: AsyncWebClient
) -> None:
    posted = await web.chat_postMessage(channel=ANA, text="hi")

    assert posted["channel"] == sandbox.workspace.direct_message(ANA).id


async def test_too_many_posts_in_a_channel_are_limited(serve: Serve) -> None:
    sandbox = await serve(timing=Timing.scaled(1.0))
    web = client_of(sandbox)
    for number in range(5):
        await web.chat_postMessage(channel=HELP, text=str(number))

    with pytest.raises(SlackApiError) as limited:
        await web.chat_postMessage(channel=HELP, text="one too many")

    assert limited.value.response.status_code == 429
    assert limited.value.response["error"] == "ratelimited"
    assert limited.value.response.headers["retry-after"] == "1"
    assert len(sandbox.traffic.rate_limited) == 1
    assert (await web.chat_postMessage(channel=GENERAL, text="elsewhere"))["ok"]


async def test_a_method_has_its_tier(serve: Serve) -> None:
    sandbox = await serve(timing=Timing.scaled(0.03))  # a minute is 1.8 s
    web = client_of(sandbox)
    for _ in range(20):
        await web.users_list()
    with pytest.raises(SlackApiError, match="ratelimited"):
        await web.users_list()

    async def allowed_again() -> bool:
        try:
            return bool((await web.users_list())["ok"])
        except SlackApiError:
            return False

    while not await allowed_again():
        pass
    assert sandbox.traffic.rate_limited
