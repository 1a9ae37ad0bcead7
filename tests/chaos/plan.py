"""What is going to happen in a storm, drawn from a seed before it begins."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox import sample

PEOPLE = (sample.ANA, sample.DEE, sample.FAY, sample.GUS)
MOST_REDELIVERIES = 11
# Slack delivers again at once, after a minute and after five; here sooner.
LATEST = 6.0
BOTS = 2


@dataclass(frozen=True)
class Size:
    """How many events, rounds of clicks and kills there are, and how many events a second."""

    events: int
    rounds: int
    kills: int
    rate: float


SHORT = Size(events=50, rounds=40, kills=3, rate=10)
LONG = Size(events=2_000, rounds=1_200, kills=20, rate=8)


class Act(StrEnum):
    """What a requester does."""

    ASK = "ask"
    FOLLOW = "follow"
    EDIT = "edit"
    DELETE = "delete"
    MENTION = "mention"
    DIRECT = "direct"
    COMMAND = "command"


_OFTEN = {
    Act.ASK: 40,
    Act.FOLLOW: 30,
    Act.EDIT: 10,
    Act.DELETE: 2,
    Act.MENTION: 6,
    Act.DIRECT: 6,
    Act.COMMAND: 6,
}


@dataclass(frozen=True)
class Step:
    """One thing that somebody does: ``pick``, from 0 to 1, chooses what they said before."""

    number: int
    act: Act
    author: str
    pick: float


@dataclass(frozen=True)
class Kill:
    """One SIGKILL: so many seconds after a step, to the bot in that place."""

    after: float
    bot: int


@dataclass(frozen=True)
class Plan:
    """A whole storm. ``again`` holds, for each event, after how many seconds it comes again."""

    seed: int
    size: Size
    steps: Sequence[Step]
    kills: Mapping[int, Kill]
    again: Sequence[Sequence[float]]

    @property
    def redeliveries(self) -> int:
        """How many deliveries are planned beside the first ones."""
        return sum(map(len, self.again))


def drawn(seed: int, size: Size) -> Plan:
    """Draw a plan; the same one for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - a run that can be repeated
    acts = [Act.ASK] * 5 + dice.choices(list(_OFTEN), list(_OFTEN.values()), k=size.events - 5)
    steps = [
        Step(number, act, dice.choice(PEOPLE), dice.random())
        for number, act in enumerate(acts, start=1)
    ]
    moments = dice.sample(range(5, size.events), size.kills)
    kills = {moment: Kill(dice.random(), dice.randrange(BOTS)) for moment in moments}
    again = [
        [dice.random() * LATEST for _ in range(dice.randint(1, MOST_REDELIVERIES))]
        if dice.random() < 0.5
        else []
        for _ in steps
    ]
    return Plan(seed, size, steps, kills, again)
