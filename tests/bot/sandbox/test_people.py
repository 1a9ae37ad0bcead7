"""Shortcuts, clicks, modals and the App Home, with Bolt on the other side."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.errors import RefusedError
from bot.sandbox.forms import problems
from bot.sandbox.sample import ANA, BEN, GENERAL, GUS, HELP, TRIAGE
from bot.sandbox.server import Sandbox

Connect = Callable[[AsyncApp], Awaitable[Any]]
Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def options(*values: str) -> list[Json]:
    return [{"text": plain(value.title()), "value": value} for value in values]


def field(block_id: str, element: Json, **more: Any) -> Json:
    return {"type": "input", "block_id": block_id, "label": plain(block_id), **more} | {
        "element": element
    }


FORM: Json = {
    "type": "modal",
    "callback_id": "new",
    "private_metadata": "42",
    "title": plain("New ticket"),
    "submit": plain("Send"),
    "blocks": [
        field("what", {"type": "plain_text_input", "action_id": "text", "max_length": 10}),
        field(
            "priority",
            {
                "type": "static_select",
                "action_id": "priority",
                "options": options("low", "high"),
                "initial_option": options("low")[0],
            },
        ),
        field(
            "kind",
            {"type": "radio_buttons", "action_id": "kind", "options": options("bug", "wish")},
            optional=True,
        ),
        field(
            "tags",
            {"type": "checkboxes", "action_id": "tags", "options": options("vip", "urgent")},
            optional=True,
        ),
        field("who", {"type": "users_select", "action_id": "who"}, optional=True),
        field("mail", {"type": "email_text_input", "action_id": "mail"}, optional=True),
    ],
}

BUTTONS: list[Json] = [
    {
        "type": "section",
        "block_id": "menu",
        "text": plain("Ticket"),
        "accessory": {
            "type": "static_select",
            "action_id": "priority",
            "options": options("low", "high"),
        },
    },
    {
        "type": "actions",
        "block_id": "buttons",
        "elements": [
            {"type": "button", "action_id": "take", "value": "7", "text": plain("Take")},
            {"type": "overflow", "action_id": "more", "options": options("close", "merge")},
        ],
    },
]


@pytest.fixture
async def form(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> str:
    """The id of the form, open before Ana; the bot's answer to it is `answers["form"]`."""

    @app.shortcut("new_ticket")
    async def open_form(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    await connect(app)
    await sandbox.people.global_shortcut(ANA, "new_ticket")
    view = sandbox.workspace.views.top(ANA)
    assert view
    return view.id


async def test_a_submission_carries_what_was_filled_in(
    sandbox: Sandbox, app: AsyncApp, form: str
) -> None:
    received: list[Json] = []

    @app.view("new")
    async def take(ack: Any, view: Json) -> None:
        received.append(view)
        await ack()

    outcome = await sandbox.people.submit_view(
        ANA,
        form,
        {"text": "Printer", "kind": "bug", "tags": ["vip", "urgent"], "mail": "a@b.example"},
    )

    assert outcome.acked
    assert sandbox.workspace.views.top(ANA) is None
    (view,) = received
    assert view["private_metadata"] == "42"
    values = view["state"]["values"]
    assert values["what"]["text"] == {"type": "plain_text_input", "value": "Printer"}
    assert values["priority"]["priority"]["selected_option"]["value"] == "low"
    assert values["kind"]["kind"]["selected_option"]["text"]["text"] == "Bug"
    assert [o["value"] for o in values["tags"]["tags"]["selected_options"]] == ["vip", "urgent"]
    assert values["who"]["who"] == {"type": "users_select", "selected_user": None}
    assert values["mail"]["mail"]["value"] == "a@b.example"


async def test_what_the_client_does_not_submit(sandbox: Sandbox, form: str) -> None:
    refusals: list[tuple[Json, str]] = [
        ({}, "what: please complete"),
        ({"text": "x" * 11}, "at most 10 characters"),
        ({"text": "ok", "mail": "nobody"}, "valid email"),
        ({"text": "ok", "priority": "none"}, "no option 'none'"),
        ({"text": "ok", "surprise": "1"}, "no element surprise"),
    ]
    for values, words in refusals:
        with pytest.raises(RefusedError, match=words):
            await sandbox.people.submit_view(ANA, form, values)

    assert sandbox.traffic.deliveries("view_submission") == []


async def test_the_client_names_every_input_it_does_not_accept(sandbox: Sandbox, form: str) -> None:
    blocks = sandbox.workspace.views.find(form).blocks
    assert problems(blocks, {"mail": "nobody"}) == {
        "what": "please complete this required field",
        "mail": "enter a valid email address",
    }
    assert problems(blocks, {"text": "ok"}) == {}


async def test_errors_keep_the_modal_open(sandbox: Sandbox, app: AsyncApp, form: str) -> None:
    @app.view("new")
    async def refuse(ack: Any) -> None:
        await ack(response_action="errors", errors={"what": "Say more"})

    outcome = await sandbox.people.submit_view(ANA, form, {"text": "eh"})

    assert outcome.errors == {"what": "Say more"}
    view = sandbox.workspace.views.top(ANA)
    assert view
    assert view.errors == {"what": "Say more"}


async def test_an_answer_can_replace_the_modal(sandbox: Sandbox, app: AsyncApp, form: str) -> None:
    done = {"type": "modal", "title": plain("Done"), "blocks": [{"type": "divider"}]}

    @app.view("new")
    async def replace(ack: Any) -> None:
        await ack(response_action="update", view=done)

    await sandbox.people.submit_view(ANA, form, {"text": "hi"})

    view = sandbox.workspace.views.top(ANA)
    assert view
    assert (view.id, view.body["title"]["text"]) == (form, "Done")


async def test_nobody_submits_somebody_elses_modal(sandbox: Sandbox, form: str) -> None:
    with pytest.raises(RefusedError, match="not open"):
        await sandbox.people.submit_view(BEN, form, {"text": "hi"})


async def test_clicks_and_choices(
    sandbox: Sandbox, app: AsyncApp, web: AsyncWebClient, connect: Connect
) -> None:
    clicks: list[Json] = []

    async def note(ack: Any, body: Json) -> None:
        await ack()
        clicks.append(body)

    for action_id in ("take", "priority", "more"):
        app.action(action_id)(note)
    await connect(app)
    posted = await web.chat_postMessage(channel=TRIAGE, text="Ticket", blocks=BUTTONS)

    await sandbox.people.click(BEN, TRIAGE, posted["ts"], "take")
    await sandbox.people.click(BEN, TRIAGE, posted["ts"], "priority", "high")
    await sandbox.people.click(BEN, TRIAGE, posted["ts"], "more", "merge", block_id="buttons")

    take, priority, more = clicks
    assert take["actions"][0]["value"] == "7"
    assert take["actions"][0]["block_id"] == "buttons"
    assert take["message"]["ts"] == posted["ts"]
    assert take["channel"] == {"id": TRIAGE, "name": "privategroup"}
    assert priority["actions"][0]["selected_option"]["value"] == "high"
    chosen = priority["state"]["values"]["menu"]["priority"]["selected_option"]
    assert chosen["value"] == "high"
    assert more["actions"][0]["selected_option"]["value"] == "merge"


async def test_clicks_that_are_not_possible(sandbox: Sandbox, web: AsyncWebClient) -> None:
    posted = await web.chat_postMessage(channel=TRIAGE, text="Ticket", blocks=BUTTONS)
    click = sandbox.people.click

    with pytest.raises(RefusedError, match="no element"):
        await click(BEN, TRIAGE, posted["ts"], "reject")
    with pytest.raises(RefusedError, match="no option"):
        await click(BEN, TRIAGE, posted["ts"], "priority", "extreme")
    with pytest.raises(RefusedError, match="is not in"):
        await click(ANA, TRIAGE, posted["ts"], "take")
    with pytest.raises(RefusedError, match="button's value"):
        await click(BEN, TRIAGE, posted["ts"], "take", "8")


async def test_an_ephemeral_message_can_be_clicked_by_whom_it_is_for(
    sandbox: Sandbox, app: AsyncApp, web: AsyncWebClient, connect: Connect
) -> None:
    bodies: list[Json] = []

    @app.action("take")
    async def take(ack: Any, body: Json, respond: Any) -> None:
        await ack()
        bodies.append(body)
        await respond("Taken", replace_original=True)

    await connect(app)
    posted = await web.chat_postEphemeral(channel=HELP, user=ANA, text="Psst", blocks=BUTTONS)

    with pytest.raises(RefusedError, match="somebody else"):
        await sandbox.people.click(GUS, HELP, posted["message_ts"], "take")
    await sandbox.people.click(ANA, HELP, posted["message_ts"], "take")

    assert bodies[0]["container"]["is_ephemeral"]
    assert "message" not in bodies[0]
    assert sandbox.workspace.message(HELP, posted["message_ts"]).text == "Taken"


async def test_a_button_in_an_attachment_can_be_pressed(
    sandbox: Sandbox, app: AsyncApp, web: AsyncWebClient, connect: Connect
) -> None:
    @app.action("take")
    async def take(ack: Any) -> None:
        await ack()

    await connect(app)
    attachments = [{"color": "#d00000", "blocks": BUTTONS}]
    posted = await web.chat_postMessage(channel=TRIAGE, text="Ticket", attachments=attachments)

    assert (await sandbox.people.click(BEN, TRIAGE, posted["ts"], "take")).acked


async def test_a_message_shortcut_carries_the_message(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    bodies: list[Json] = []

    @app.event("message")
    async def ignore() -> None:
        return

    @app.shortcut("make_ticket")
    async def make(ack: Any, body: Json) -> None:
        await ack()
        bodies.append(body)

    await connect(app)
    posted = await sandbox.people.post(ANA, HELP, "broken")
    assert posted.ts
    await sandbox.people.message_shortcut(BEN, "make_ticket", HELP, posted.ts)

    assert bodies[0]["message"]["user"] == ANA
    assert bodies[0]["message_ts"] == posted.ts
    assert bodies[0]["user"]["id"] == BEN


async def test_what_the_client_does_not_offer(sandbox: Sandbox) -> None:
    people = sandbox.people
    attempts = [
        (people.slash(ANA, HELP, "/unknown"), "not a valid command"),
        (people.slash(ANA, TRIAGE, "/ticket"), "is not in"),
        (people.global_shortcut(ANA, "make_ticket"), "no global shortcut"),
        (people.message_shortcut(ANA, "nope", HELP, "1.0"), "no message shortcut"),
        (people.message_shortcut(ANA, "make_ticket", HELP, "1.0"), "gone"),
        (people.post(GUS, GENERAL, "hi"), "is not in"),
        (people.post(ANA, HELP, ""), "empty"),
        (people.join(ANA, TRIAGE), "invitation"),
    ]
    for attempt, words in attempts:
        with pytest.raises(RefusedError, match=words):
            await attempt

    assert len(sandbox.traffic) == 0


async def test_the_home_is_opened_published_and_clicked(
    sandbox: Sandbox, app: AsyncApp, connect: Connect
) -> None:
    clicked: list[Json] = []

    @app.event("app_home_opened")
    async def publish(event: Json, client: AsyncWebClient) -> None:
        view = {"type": "home", "blocks": BUTTONS}
        await client.views_publish(user_id=event["user"], view=view)

    @app.action("take")
    async def take(ack: Any, body: Json) -> None:
        await ack()
        clicked.append(body)

    await connect(app)
    await sandbox.people.open_home(ANA)
    home = sandbox.workspace.views.homes[ANA]
    await sandbox.people.click_in_view(ANA, home.id, "take")

    assert clicked[0]["view"]["type"] == "home"
    assert clicked[0]["container"] == {"type": "view", "view_id": home.id}


async def test_above_the_home_a_modal_is_opened_and_not_pushed(
    sandbox: Sandbox, web: AsyncWebClient, app: AsyncApp, connect: Connect
) -> None:
    refused: list[str] = []

    @app.action("take")
    async def take(ack: Any, body: Json) -> None:
        await ack()
        try:
            await web.views_push(trigger_id=body["trigger_id"], view=FORM)
        except SlackApiError as error:
            refused.append(error.response["error"])

    await connect(app)
    home = (await web.views_publish(user_id=ANA, view={"type": "home", "blocks": BUTTONS}))["view"]
    await sandbox.people.click_in_view(ANA, home["id"], "take")

    assert refused == ["not_found"]
    assert sandbox.workspace.views.top(ANA) is None


async def test_closing_a_modal_is_told_only_when_asked_for(
    sandbox: Sandbox, web: AsyncWebClient, app: AsyncApp, form: str
) -> None:
    @app.view_closed("new")
    async def closed(ack: Any) -> None:
        await ack()

    await web.views_update(view_id=form, view={**FORM, "notify_on_close": True})
    outcome = await sandbox.people.close_view(ANA, form)

    assert outcome.acked
    assert sandbox.workspace.views.stack(ANA) == ()
