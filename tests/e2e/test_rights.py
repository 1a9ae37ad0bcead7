"""Who may do what, by every way there is: one row for each.

Payloads are made by hand where the screen would not let the person: a client may be outdated, and
what it sends is checked here, not there.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import pytest

from bot import ids, listeners
from bot.ids import Target
from bot.listeners.actions import more, ticket_menu
from bot.listeners.commands import grammar
from bot.sandbox import sample
from bot.sandbox.delivery import Ack
from bot.sandbox.interactions import Interactions
from bot.sandbox.records import Json, View
from tests.e2e.conftest import DISCREET, OpenStory
from tests.e2e.story import Story

REQUESTER, OTHER, GUEST = sample.ANA, sample.DEE, sample.GUS
AGENT, OUTSIDER = sample.BEN, sample.CY  # in the channel of private tickets, and not

YES, AGENTS_ONLY, UNKNOWN = "yes", "Only agents can do this.", "There is no ticket #1 among yours."

Verdicts = Mapping[str, str]

ANYBODY: Verdicts = dict.fromkeys((OUTSIDER, REQUESTER, OTHER, GUEST, AGENT), YES)
REQUESTER_OR_AGENT: Verdicts = {**ANYBODY, OTHER: UNKNOWN, GUEST: UNKNOWN}
AN_AGENT: Verdicts = {
    **ANYBODY,
    REQUESTER: AGENTS_ONLY,
    OTHER: AGENTS_ONLY,
    GUEST: AGENTS_ONLY,
}

Act = Callable[[Story, str], Awaitable[Ack]]


@dataclass(frozen=True)
class Row:
    """A way to do something to ticket #1, and who may."""

    who: Verdicts
    act: Act | None = None


def interactions(story: Story) -> Interactions:
    return story.sandbox.people._interactions


def command(text: str, who: Verdicts) -> Row:
    async def act(story: Story, user: str) -> Ack:
        place = story.sandbox.workspace.channel(sample.GENERAL)
        return await interactions(story).command(user, place, ids.COMMAND, text)

    return Row(who, act)


def used(who: Verdicts, action_id: str, entry: Json) -> Row:
    async def act(story: Story, user: str) -> Ack:
        card = (story.cards(DISCREET) or story.cards())[0]
        done = {"action_id": action_id, "block_id": "b", **entry}
        return await interactions(story).message_action(user, card, done, {})

    return Row(who, act)


def button(action_id: str, who: Verdicts) -> Row:
    return used(who, action_id, {"type": "button", "value": str(Target(1, 1))})


def choice(action_id: str, verb: str, who: Verdicts, kind: str = "overflow") -> Row:
    option = {"value": str(Target(1, 1, verb)), "text": {"type": "plain_text", "text": verb}}
    return used(who, action_id, {"type": kind, "selected_option": option})


def form(callback_id: str, who: Verdicts, **fields: Json) -> Row:
    """A form whose fields are each in a block of the same name."""

    async def act(story: Story, user: str) -> Ack:
        title = {"type": "plain_text", "text": "A form"}
        inputs = [{"type": "input", "block_id": name} for name in fields]
        body = {
            "type": "modal",
            "callback_id": callback_id,
            "private_metadata": str(Target(1, 1)),
            "title": title,
            "blocks": inputs,
        }
        number = len(story.sandbox.traffic.deliveries("view_submission"))
        view = View(f"V0{callback_id}{number}", user, body, "hash", "V0ROOT")
        state = {name: {name: value} for name, value in fields.items()}
        return await interactions(story).view_submission(view, state)

    return Row(who, act)


def shortcut(callback_id: str, who: Verdicts) -> Row:
    async def act(story: Story, user: str) -> Ack:
        message = story.sandbox.workspace.post(sample.GENERAL, user, "the coffee is cold")
        return await interactions(story).message_shortcut(user, callback_id, message)

    return Row(who, act)


def field(kind: str = "plain_text_input", **value: object) -> Json:
    return {"type": kind, **value}


ELSEWHERE = Row({})  # it acts on no ticket: see test_roles.py
NEW_TICKET = {
    "title": field(value="A"),
    "details": field(value="B"),
    "priority": field("static_select"),
    "on_behalf_of": field("users_select"),
    "email": field("email_text_input"),
    "private": field("checkboxes", selected_options=[]),
}

ROWS: dict[str, Row] = {
    "command new": command("new badge", ANYBODY),
    "command help": command("help", ANYBODY),
    "command list": command("list all", ANYBODY),
    "command show": command("show 1", REQUESTER_OR_AGENT),
    "command resolve": command("resolve 1", REQUESTER_OR_AGENT),
    "command reopen": command("reopen 1", REQUESTER_OR_AGENT),
    "command triage": command("triage 1", AN_AGENT),
    "command batch": ELSEWHERE,  # about no single ticket: see test_batch.py
    "shortcut make_ticket": shortcut(ids.MAKE_TICKET, ANYBODY),
    "view new_ticket_form": form(ids.NEW_TICKET_FORM, ANYBODY, **NEW_TICKET),
    "view make_ticket_form": ELSEWHERE,
    "shortcut new_ticket": ELSEWHERE,
    f"action {ids.NEW_TICKET}": ELSEWHERE,
    f"action {ids.EVERY_MESSAGE}": ELSEWHERE,
    f"action {ids.ONLY_EMOJI}": ELSEWHERE,
    f"action {ids.SPLIT}": button(ids.SPLIT, REQUESTER_OR_AGENT),
    "action resolve": button(ids.RESOLVE, REQUESTER_OR_AGENT),
    "action reopen": button(ids.REOPEN, REQUESTER_OR_AGENT),
    "action approve": button(ids.APPROVE, AN_AGENT),
    "action reply": button(ids.REPLY, AN_AGENT),
    "action retry_delivery": button(ids.RETRY, AN_AGENT),
    "action try_again": button(ids.TRY_AGAIN, AN_AGENT),
    "action undo": button(ids.UNDO, AN_AGENT),
    "action open_ticket": button(ids.OPEN, AN_AGENT),
    "action category": choice(ids.CATEGORY, "hardware", AN_AGENT, "static_select"),
    "action priority": choice(ids.PRIORITY, "high", AN_AGENT, "static_select"),
    "menu edit": choice(ids.MORE, ids.EDIT, AN_AGENT),
    "menu take_back": choice(ids.MORE, ids.TAKE_BACK, AN_AGENT),
    "menu hand_over": choice(ids.TICKET_MENU, ids.HAND_OVER, AN_AGENT),
    "view handover_form": form(
        ids.HANDOVER_FORM,
        AN_AGENT,
        to_person=field("users_select", selected_user=sample.BEN),
        to_channel=field("conversations_select"),
        own_words=field(value="All of it"),
    ),
    "menu claim": choice(ids.MORE, ids.CLAIM, AN_AGENT),
    "menu regenerate": choice(ids.MORE, ids.REGENERATE, AN_AGENT),
    "menu not_a_ticket": choice(ids.MORE, ids.NOT_A_TICKET, AN_AGENT),
    "view reply_form": form(ids.REPLY_FORM, AN_AGENT, text=field(value="Hello")),
    "view edit_form": form(ids.EDIT_FORM, AN_AGENT, text=field(value="Hello")),
    "view approve_form": form(ids.APPROVE_FORM, AN_AGENT, text=field()),
    # Last, because the ticket is another one then.
    "menu make_private": choice(ids.TICKET_MENU, ids.MAKE_PRIVATE, AN_AGENT),
    "event app_home_opened": ELSEWHERE,
    "event app_mention": ELSEWHERE,
    "event message": ELSEWHERE,
    "event reaction_added": ELSEWHERE,
    "event member_joined_channel": ELSEWHERE,
    "event member_left_channel": ELSEWHERE,
    "event subteam_members_changed": ELSEWHERE,
}


def test_every_way_has_a_row() -> None:
    menus = {ids.MORE, ids.TICKET_MENU}
    forms = {ids.EDIT, ids.HAND_OVER}
    services = {ids.CLAIM, ids.TAKE_BACK, *more.SERVICES, *ticket_menu.SERVICES}
    behind_dots = forms | services
    assert ROWS.keys() == {
        *(f"command {verb}" for verb in grammar.VERBS),
        *(f"event {name}" for name in listeners.EVENTS),
        *(f"shortcut {name}" for name in listeners.SHORTCUTS),
        *(f"action {name}" for name in listeners.ACTIONS.keys() - menus),
        *(f"menu {verb}" for verb in behind_dots),
        *(f"view {name}" for name in listeners.VIEWS),
    }


@pytest.mark.parametrize("private", [False, True])
async def test_who_may_do_what(open_private: OpenStory, *, private: bool) -> None:
    story = await open_private()
    if private:
        await story.ask_privately()
    else:
        await story.posted(sample.HELP, "my salary is wrong")
    await story.card(says="Reply draft", channel=DISCREET if private else sample.TRIAGE)
    await story.settled()
    for name, row in ROWS.items():
        for user, verdict in row.who.items():
            is_outside = private and user == OUTSIDER and row.who is not ANYBODY
            await _tried(story, name, row, user, UNKNOWN if is_outside else verdict)
    await story.settled()


async def _tried(story: Story, name: str, row: Row, user: str, verdict: str) -> None:
    """Let the person do it, and look at what they are told and what is written down."""
    assert row.act is not None
    before, heard = len(story.audit("denied")), len(_told(story, user))
    ack = await row.act(story, user)
    assert ack.acked, (name, user, ack.status)
    denied = story.audit("denied")[before:]
    if verdict == YES:
        assert denied == [], (name, user)
        assert AGENTS_ONLY not in str(ack.payload), (name, user)
        assert UNKNOWN not in str(ack.payload), (name, user)
        said = [str(ack.payload), *_told(story, user)[heard:]]
        assert not [each for each in said if "went wrong" in each], (name, user)
        return
    assert [each.ticket_id for each in denied] == [1], (name, user)
    assert denied[0].details["tried"] in {name.split()[1], name.replace(" ", "_")}
    if verdict not in str(ack.payload):
        told = await story.until(lambda: _told(story, user)[heard:])
        assert verdict in told[-1], (name, user)


def _told(story: Story, user: str) -> list[str]:
    return [text for place in (DISCREET, sample.TRIAGE) for text in story.told(user, place)]
