"""A storm over a desk: everything at once that a plan holds, until it is calm again."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess

from bot.sandbox import sample
from bot.sandbox.errors import RefusedError
from bot.sandbox.records import Change, Json
from bot.sandbox.traffic import Exchange
from tests.chaos.clickers import Clickers
from tests.chaos.moody import Moody
from tests.chaos.mortal import MortalStory
from tests.chaos.plan import BOTS, Act, Plan, Step

# A tenth of all calls, in three ways.
SLACK_FAULTS = 0.1
MODEL_FAULTS = 0.1
# A call that hangs costs the bot its patience, so most connections break instead.
HANGS = 0.003
# Nobody but the dead may lose a lease, however busy the machine is.
LEASE = 8
CROWD = 12
SETTLED = 240


@dataclass(frozen=True)
class Said:
    """A message that somebody wrote, and the message it is below, if any."""

    channel: str
    ts: str
    author: str
    root_ts: str | None = None


@dataclass
class Record:
    """What happened, as Slack saw it."""

    steps: Counter[Act] = field(default_factory=Counter)
    said: list[Said] = field(default_factory=list)
    commanded: list[int] = field(default_factory=list)
    redelivered: int = 0
    kills: int = 0
    exits: list[int] = field(default_factory=list)
    events: int = 0
    calls: int = 0
    call_faults: Counter[str] = field(default_factory=Counter)
    sent: list[Change] = field(default_factory=list)


class Storm:
    """One storm. ``record`` is filled while it passes."""

    def __init__(self, story: MortalStory, plan: Plan) -> None:
        self.story = story
        self.plan = plan
        self.record = Record()
        self.model = Moody(plan.seed, MODEL_FAULTS)
        self.clickers = Clickers(story, plan.seed)
        self._bots: list[ForkServerProcess] = []
        self._known: set[tuple[str, str]] = set()  # events that came once
        self._later: set[asyncio.Task[None]] = set()

    async def pass_over(self) -> None:
        """Let it pass, and wait until the desk is at rest."""
        story = self.story
        story.model.default = self.model
        await story.start()
        await story.start()
        self._bots = story.bots[-BOTS:]
        with self._observed():
            self._break_calls()
            minders = [asyncio.create_task(self._mind(place)) for place in range(BOTS)]
            try:
                await asyncio.gather(self._speak(), self._click())
                await asyncio.gather(*self._later)
                await self.clickers.approve_what_is_left()
                story.sandbox.faults.clear()
                story.model.default = story.model._first_default
                await story.until(lambda: story.sandbox.delivery.under_way == 0, SETTLED)
                await story.settled(SETTLED)
            finally:
                for minder in minders:
                    minder.cancel()
                await asyncio.gather(*minders, return_exceptions=True)

    def _break_calls(self) -> None:
        faults, third = self.story.sandbox.faults, SLACK_FAULTS / 3
        faults.ratelimit(times=None, rate=third)
        faults.fail(times=None, rate=third)
        faults.hang(times=None, rate=HANGS)
        faults.drop_answer(times=None, rate=third - HANGS)

    # Deaths

    async def _mind(self, place: int) -> None:
        """Start the bot in that place anew whenever it has ended, as a supervisor does."""
        while True:
            bot = self._bots[place]
            await asyncio.to_thread(bot.join)
            self.record.exits.append(bot.exitcode or 0)
            self._bots[place] = self.story.born()

    async def _kill(self, step: int) -> None:
        kill = self.plan.kills[step]
        await asyncio.sleep(kill.after)
        await self.story.until(lambda: self._bots[kill.bot].exitcode is None)
        self._bots[kill.bot].kill()
        self.record.kills += 1

    # What people say

    async def _speak(self) -> None:
        crowd = asyncio.Semaphore(CROWD)
        async with asyncio.TaskGroup() as group:
            for index, step in enumerate(self.plan.steps):
                await crowd.acquire()
                task = group.create_task(self._do(step))
                task.add_done_callback(lambda _: crowd.release())
                if index in self.plan.kills:
                    group.create_task(self._kill(index))
                await asyncio.sleep(1 / self.plan.size.rate)

    async def _do(self, step: Step) -> None:
        people, said, text = self.story.people, self.record.said, f"Request {step.number}: no VPN"
        own = [each for each in said if each.author == step.author]
        roots = [each for each in own if each.root_ts is None and each.channel == sample.HELP]
        match step.act:
            case Act.FOLLOW if roots:
                root = _picked(roots, step)
                await self._post(step, root.channel, f"{text}, still", root_ts=root.ts)
            case Act.EDIT if own:
                await self._change(step, _picked(own, step), f"{text}, edited")
            case Act.DELETE if own:
                await self._change(step, _picked(own, step), None)
            case Act.MENTION if step.author != sample.GUS:
                bot = self.story.sandbox.workspace.bot.id
                await self._post(step, sample.GENERAL, f"<@{bot}> {text}")
            case Act.DIRECT:
                await people.open_home(step.author, "messages")
                await self._post(step, self.story.direct(step.author), text)
            case Act.COMMAND if step.author != sample.GUS:
                if (await people.slash(step.author, sample.GENERAL, "/ticket", text)).acked:
                    self.record.commanded.append(step.number)
                self.record.steps[step.act] += 1
            case _:
                await self._post(step, sample.HELP, text)

    async def _post(self, step: Step, channel: str, text: str, root_ts: str | None = None) -> None:
        try:
            outcome = await self.story.people.post(step.author, channel, text, root_ts)
        except RefusedError:  # what it should be below was deleted
            return
        assert outcome.ts is not None
        self.record.steps[step.act] += 1
        self.record.said.append(Said(channel, outcome.ts, step.author, root_ts))

    async def _change(self, step: Step, said: Said, text: str | None) -> None:
        people = self.story.people
        with contextlib.suppress(RefusedError):  # it was deleted
            if text is None:
                await people.delete(said.author, said.channel, said.ts)
            else:
                await people.edit(said.author, said.channel, said.ts, text)
            self.record.steps[step.act] += 1

    async def _click(self) -> None:
        """Click for as long as people speak."""
        size = self.plan.size
        for number in range(size.rounds):
            begun = asyncio.get_running_loop().time()
            await self.clickers.agents_act()
            if number % 5 == 0:
                await self.clickers.requester_acts()
            took = asyncio.get_running_loop().time() - begun
            await asyncio.sleep(max(0, size.events / size.rate / size.rounds - took))

    # What Slack sees

    @contextlib.contextmanager
    def _observed(self) -> Iterator[None]:
        sandbox = self.story.sandbox
        with (
            sandbox.traffic.changes.observed_by(self._passed),
            sandbox.workspace.changes.observed_by(self._changed),
        ):
            yield

    def _passed(self, exchange: Exchange) -> None:
        if exchange.direction == "call":
            self.record.calls += 1
            if exchange.fault:
                self.record.call_faults[exchange.fault] += 1
            return
        event = exchange.payload.get("event") or {}
        key = (str(event.get("type")), str(event.get("event_ts")))
        is_bots = event.get("bot_id") or event.get("message", {}).get("bot_id")
        if not event or is_bots or key in self._known:
            return
        again = self.plan.again[len(self._known) % len(self.plan.again)]
        self._known.add(key)
        self.record.events += 1
        for wait in again:
            task = asyncio.create_task(self._deliver_again(exchange.payload, wait))
            self._later.add(task)

    async def _deliver_again(self, payload: Json, wait: float) -> None:
        await asyncio.sleep(wait)
        self.record.redelivered += 1
        self.story.sandbox.delivery.send_again(payload)

    def _changed(self, change: Change) -> None:
        message = change.message
        if message is not None and message.bot_id and change.kind.startswith("message"):
            self.record.sent.append(change)


def _picked(among: Sequence[Said], step: Step) -> Said:
    return among[int(step.pick * len(among))]
