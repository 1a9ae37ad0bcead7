"""People who click on whatever there is, twice, at once, and against each other."""

import asyncio
import contextlib
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

from bot import ids
from bot.ids import Target
from bot.sandbox import sample
from bot.sandbox.errors import RefusedError
from bot.sandbox.records import Message
from tests.chaos.mortal import MortalStory
from tests.e2e.story import elements

AGENTS = (sample.BEN, sample.CY)
WAYS_TO_CLICK = (AGENTS[:1], AGENTS[:1] * 2, AGENTS, AGENTS[::-1], (*AGENTS, AGENTS[0]))
PATIENCE = 20
# What changes who may read a ticket is left alone: the checks know one channel of cards.
LEFT_ALONE = {ids.MAKE_PRIVATE, ids.HAND_OVER}
_OFTEN = {ids.APPROVE: 12, ids.EDIT: 4, ids.REPLY: 3, ids.RESOLVE: 2, ids.NOT_A_TICKET: 0.3}


@dataclass(frozen=True)
class Element:
    """Something that can be clicked, and the option to choose where it has some."""

    action_id: str
    value: str | None = None

    @property
    def verb(self) -> str:
        """What it does, as people would say."""
        verb = Target.parse(self.value).verb if self.value else ""
        return verb if self.action_id in {ids.MORE, ids.TICKET_MENU} else self.action_id


def clickable(message: Message) -> list[Element]:
    """Return everything on the message that can be clicked."""
    found = [Element(each["action_id"]) for each in elements(message, "button")]
    for kind in ("overflow", "static_select"):
        found += [
            Element(each["action_id"], option["value"])
            for each in elements(message, kind)
            for option in each["options"]
        ]
    return [each for each in found if each.verb not in LEFT_ALONE]


class Clickers:
    """Two agents and the requesters; what they choose is drawn, each is one person at a time."""

    def __init__(self, story: MortalStory, seed: int) -> None:
        self._story = story
        self._dice = random.Random(f"{seed} clicks")  # noqa: S311
        self._busy = {user: asyncio.Lock() for user in story.sandbox.workspace.people}
        self.clicks: Counter[str] = Counter()
        self.forms = 0

    async def agents_act(self) -> None:
        """Choose a card and something on it, and click it once, twice, or both at once."""
        cards = [card for card in self._story.cards() if elements(card, "button")]
        if not cards:
            await asyncio.sleep(0.1)
            return
        card = self._dice.choice(cards)
        able = clickable(card)
        element = self._dice.choices(able, [_OFTEN.get(each.verb, 1) for each in able])[0]
        await self._click(self._dice.choice(WAYS_TO_CLICK), card, element)

    async def approve_what_is_left(self) -> None:
        """Have two agents approve each draft at once that is on a card now."""
        for card in self._story.cards():
            approve = [each for each in clickable(card) if each.action_id == ids.APPROVE]
            for element in approve:
                await self._click(AGENTS, card, element)

    async def requester_acts(self) -> None:
        """Have a requester click twice on a button of a receipt."""
        receipts = [
            each
            for each in self._story.seen(sample.HELP)
            if each.bot_id and each.is_reply and elements(each, "button")
        ]
        if not receipts:
            return
        receipt = self._dice.choice(receipts)
        workspace = self._story.sandbox.workspace
        if not workspace.has_message(receipt.channel, receipt.thread_ts or ""):
            return
        owner = workspace.message(receipt.channel, receipt.thread_ts or "").user
        element = self._dice.choice([each for each in clickable(receipt) if not each.value])
        await self._click((owner, owner), receipt, element)

    async def _click(self, users: tuple[str, ...], message: Message, element: Element) -> None:
        """All click at once; then whoever has a form before them fills it in."""
        async with contextlib.AsyncExitStack() as stack:
            for user in sorted(set(users)):
                await stack.enter_async_context(self._busy[user])
            await asyncio.gather(*(self._insist(user, message, element) for user in users))
            await asyncio.gather(*(self._fill_in(user) for user in set(users)))

    async def _insist(self, user: str, message: Message, element: Element) -> None:
        """Click, and again while nobody answers: the bot may be dead at that moment."""
        more: dict[str, Any] = {} if element.value is None else {"value": element.value}
        for _ in range(PATIENCE):
            try:
                outcome = await self._story.click(user, message, element.action_id, **more)
            except RefusedError:  # it is not there any more
                return
            self.clicks[element.verb] += 1
            if outcome.acked:
                return
            await asyncio.sleep(0.3)

    async def _fill_in(self, user: str) -> None:
        """Submit what is open before that person twice at once, and close what is left."""
        views = self._story.sandbox.workspace.views
        view = views.top(user)
        if view is None or not view.body.get("submit"):
            views.clear(user)
            return
        self.forms += 1
        fields = [block["element"] for block in view.blocks if block["type"] == "input"]
        values = {
            each["action_id"]: f"An answer by hand, number {self.forms}"
            for each in fields
            if each["type"] == "plain_text_input"
        }

        async def submit() -> None:
            for _ in range(PATIENCE):
                try:
                    outcome = await self._story.people.submit_view(user, view.id, values)
                except RefusedError:  # the other one closed it
                    return
                if outcome.acked:
                    return
                await asyncio.sleep(0.3)

        await asyncio.gather(submit(), submit())
        views.clear(user)
