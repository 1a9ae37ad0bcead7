"""What comes of what people say, point at and join: one row for each way, one column for each role.

The buttons, menus, forms and commands that act on a ticket are in test_rights.py.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import SQLColumnExpression, func, select

from bot import ids, listeners
from bot.sandbox import sample
from bot.sandbox.errors import RefusedError
from core.jobs import Kind
from storage.tables import AuditEvent, Contact, Job, Message, Reply, Role, Ticket, Visibility
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story

REQUESTER, OTHER, GUEST = sample.ANA, sample.DEE, sample.GUS
AGENT, ANOTHER = sample.BEN, sample.CY

# What the desk writes down or shows.
TICKET, PRIVATE, NOTHING, REFUSED, FORM = "ticket", "private ticket", "nothing", "refused", "form"
FOLLOW_UP, ANSWER, PARTICIPANT, NOTE = "follow-up", "answer", "participant", "note"
CHOSEN, HOME, SLACK_FORBIDS = "chosen", "their home", "Slack does not let them"

Outcomes = Mapping[str, str]
Act = Callable[[Story, str], Awaitable[object]]


def roles(requester: str, other: str, guest: str, agent: str) -> Outcomes:
    return {REQUESTER: requester, OTHER: other, GUEST: guest, AGENT: agent, ANOTHER: agent}


async def says_in_intake_channel(story: Story, user: str) -> None:
    await story.people.post(user, sample.HELP, "the VPN is down")


async def says_in_the_requesters_thread(story: Story, user: str) -> None:
    await story.people.post(user, sample.HELP, "any news?", thread_ts=story.tickets()[0].root_ts)


async def says_in_the_cards_thread(story: Story, user: str) -> None:
    await story.people.post(user, sample.TRIAGE, "hm", thread_ts=story.tickets()[0].card_ts)


async def says_in_the_triage_channel(story: Story, user: str) -> None:
    await story.people.post(user, sample.TRIAGE, ":ticket: who is in today?")


async def says_to_the_bot(story: Story, user: str) -> None:
    await story.people.post(user, story.direct(user), "my salary is wrong")


async def mentions_the_bot(story: Story, user: str) -> None:
    await story.people.post(user, sample.GENERAL, "@ticketloop the coffee is cold")


async def reacts_to_the_requesters_message(story: Story, user: str) -> None:
    said = story.sandbox.workspace.post(sample.GENERAL, REQUESTER, "my mouse is dead")
    await story.people.react(user, sample.GENERAL, said.ts, "ticket")


async def points_at_the_requesters_message(story: Story, user: str) -> None:
    said = story.sandbox.workspace.post(sample.GENERAL, REQUESTER, "my screen is dead")
    await story.people.message_shortcut(user, ids.MAKE_TICKET, sample.GENERAL, said.ts)


async def confirms_from_a_private_channel(story: Story, user: str) -> None:
    """With the form that the requester was shown, whoever sends it."""
    workspace = story.sandbox.workspace
    said = workspace.post("C0SECRET001", REQUESTER, "my cat is dead")
    await story.people.message_shortcut(REQUESTER, ids.MAKE_TICKET, "C0SECRET001", said.ts)
    form = story.form(REQUESTER)
    workspace.views.clear(REQUESTER)
    interactions = story.sandbox.people._interactions
    ack = await interactions.view_submission(replace(form, user=user), {})
    assert ack.acked


async def asks_for_the_form(story: Story, user: str) -> None:
    await story.people.global_shortcut(user, ids.NEW_TICKET)


async def opens_the_home(story: Story, user: str) -> None:
    await story.people.open_home(user)


async def asks_for_the_form_there(story: Story, user: str) -> None:
    await opens_the_home(story, user)
    home = await story.until(lambda: story.sandbox.workspace.views.homes.get(user))
    await story.people.click_in_view(user, home.id, ids.NEW_TICKET)


async def chooses_every_message(story: Story, user: str) -> None:
    [invitation] = [each for each in story.seen("C0SECRET001") if each.bot_id and each.blocks]
    await story.click(user, invitation, ids.EVERY_MESSAGE)


async def chooses_the_emoji(story: Story, user: str) -> None:
    [invitation] = [each for each in story.seen("C0SECRET001") if each.bot_id and each.blocks]
    await story.click(user, invitation, ids.ONLY_EMOJI)


# Where the refusal stands in the form instead of the channel.
IN_THE_FORM = {confirms_from_a_private_channel}

WAYS: dict[str, tuple[Act, Outcomes]] = {
    "event message: in an intake channel": (
        says_in_intake_channel,
        roles(TICKET, TICKET, TICKET, NOTHING),
    ),
    "event message: in the requester's thread": (
        says_in_the_requesters_thread,
        roles(FOLLOW_UP, PARTICIPANT, PARTICIPANT, ANSWER),
    ),
    "event message: in the card's thread": (
        says_in_the_cards_thread,
        roles(SLACK_FORBIDS, SLACK_FORBIDS, SLACK_FORBIDS, NOTE),
    ),
    "event message: in the triage channel": (
        says_in_the_triage_channel,
        roles(SLACK_FORBIDS, SLACK_FORBIDS, SLACK_FORBIDS, NOTHING),
    ),
    "event message: to the bot": (says_to_the_bot, roles(PRIVATE, PRIVATE, PRIVATE, PRIVATE)),
    "event app_mention": (mentions_the_bot, roles(TICKET, TICKET, TICKET, TICKET)),
    "event reaction_added": (
        reacts_to_the_requesters_message,
        roles(TICKET, REFUSED, REFUSED, TICKET),
    ),
    "shortcut make_ticket": (
        points_at_the_requesters_message,
        roles(TICKET, REFUSED, REFUSED, TICKET),
    ),
    "view make_ticket_form": (
        confirms_from_a_private_channel,
        roles(TICKET, REFUSED, REFUSED, TICKET),
    ),
    "shortcut new_ticket": (asks_for_the_form, roles(FORM, FORM, FORM, FORM)),
    "action new_ticket": (asks_for_the_form_there, roles(FORM, FORM, FORM, FORM)),
    # What each of them finds there is in test_home.py.
    "event app_home_opened": (opens_the_home, roles(HOME, HOME, HOME, HOME)),
    "action every_message": (
        chooses_every_message,
        {REQUESTER: REFUSED, OTHER: REFUSED, GUEST: REFUSED, AGENT: CHOSEN},
    ),
    "action only_emoji": (
        chooses_the_emoji,
        {REQUESTER: REFUSED, OTHER: REFUSED, GUEST: REFUSED, ANOTHER: CHOSEN},
    ),
}


def test_every_event_and_shortcut_has_a_row() -> None:
    here = {name.partition(":")[0] for name in WAYS}
    # Who joins or leaves does nothing to a ticket; what it does is in the tests below.
    memberships = {
        "event member_joined_channel",
        "event member_left_channel",
        "event subteam_members_changed",
    }
    assert {f"event {name}" for name in listeners.EVENTS} - memberships <= here
    assert {f"shortcut {name}" for name in listeners.SHORTCUTS} <= here


@pytest.mark.parametrize("way", WAYS)
async def test_each_way_in_opens_shows_or_refuses_by_role(open_story: OpenStory, way: str) -> None:
    story = await open_story()
    workspace = story.sandbox.workspace
    everybody = {REQUESTER, OTHER, GUEST, AGENT, ANOTHER}
    workspace.add_channel("secret", id="C0SECRET001", members=everybody, is_private=True)
    workspace.invite("C0SECRET001", workspace.bot.id)
    workspace.invite(sample.GENERAL, GUEST)
    await story.posted(sample.HELP, "cannot log in")
    await story.card(says="Reply draft")
    await story.settled()
    act, outcomes = WAYS[way]
    for user, expected in outcomes.items():
        assert await _outcome(story, act, user) == expected, (way, user)


async def _outcome(story: Story, act: Act, user: str) -> str:
    """Let the person do it, and say in a word what came of it."""
    before, denied, told = _counts(story), len(_denied(story)), len(_told(story, user))
    try:
        await act(story, user)
    except RefusedError:
        return SLACK_FORBIDS
    await story.settled()
    after = _counts(story)
    new = [kind for kind, count in after.items() if count > before[kind]]
    if new:
        [kind] = new
        return kind
    if story.sandbox.workspace.views.top(user):
        story.sandbox.workspace.views.clear(user)
        return FORM
    if story.sandbox.workspace.views.homes.pop(user, None):
        return HOME
    if len(_denied(story)) == denied:
        return NOTHING
    await story.until(lambda: len(_told(story, user)) > told or act in IN_THE_FORM)
    return REFUSED


def _denied(story: Story) -> Sequence[AuditEvent]:
    """Attempts are put on record after the refusal, by a transaction of its own."""
    return story.audit("denied")


def _counts(story: Story) -> dict[str, int]:
    """How much there is of what can come of it."""
    public = Message.visibility == Visibility.PUBLIC
    conditions = {
        TICKET: (~Ticket.private,),
        PRIVATE: (Ticket.private,),
        ANSWER: (Reply.is_own_message,),
        FOLLOW_UP: (public, Message.ticket_id == 1, Message.role == Role.REQUESTER),
        PARTICIPANT: (public, Message.role == Role.PARTICIPANT),
        NOTE: (Message.visibility == Visibility.INTERNAL,),
        CHOSEN: (Job.kind == Kind.INVITATION,),
    }
    return {kind: _count(story, *each) for kind, each in conditions.items()}


def _count(story: Story, *conditions: SQLColumnExpression[bool]) -> int:
    query = select(func.count()).where(*conditions)
    return int(story.rows(lambda session: session.scalar(query)))


def _told(story: Story, user: str) -> list[str]:
    places = (sample.HELP, sample.GENERAL, sample.TRIAGE, "C0SECRET001")
    return [text for place in places for text in story.told(user, place)]


async def test_who_joins_the_triage_channel_is_an_agent_but_for_guests(scene: Story) -> None:
    await scene.people.join(OTHER, sample.TRIAGE, inviter=AGENT)
    await scene.people.join(GUEST, sample.TRIAGE, inviter=AGENT)
    await scene.until(lambda: OTHER in _agents(scene))
    await scene.settled()
    assert _agents(scene) == {AGENT, ANOTHER, OTHER}
    await scene.people.leave(OTHER, sample.TRIAGE)
    await scene.until(lambda: OTHER not in _agents(scene))


def _agents(scene: Story) -> set[str | None]:
    query = select(Contact.slack_user_id).where(Contact.is_agent)
    return set(scene.rows(lambda session: session.scalars(query).all()))
