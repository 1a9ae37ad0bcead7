"""A model that fails in every way that models fail, now and then."""

import random
import re
from collections import Counter

from starlette.responses import Response

from tests.fakes.openai_behaviours import (
    Asked,
    Behaviour,
    answer,
    endless,
    half_json,
    nothing,
    prose,
    refusal,
    triage,
    unknown_category,
)
from tests.fakes.openai_failures import fails, rate_limited, slow

SILENCE = 60
WAYS: dict[str, Behaviour] = {
    "prose": prose(),
    "half a JSON": half_json(),
    "unknown category": unknown_category(),
    "200,000 characters": endless(),
    "nothing": nothing(),
    "refusal": refusal(),
    "429": rate_limited("1"),
    "500": fails(500, "The server had an error"),
    "silence": slow(SILENCE),
}


class Moody:
    """Fails with chance ``rate``, in one way or another: the dice depend on what is asked only."""

    def __init__(self, seed: int, rate: float) -> None:
        self._seed = seed
        self._rate = rate
        self._times: Counter[str] = Counter()
        self.answered = 0
        self.failed: Counter[str] = Counter()

    async def __call__(self, asked: Asked) -> Response:
        found = re.search(r"Request \d+", asked.user)
        what = found.group() if found else ""
        self._times[what] += 1
        dice = random.Random(f"{self._seed} {what} {self._times[what]}")  # noqa: S311
        if dice.random() >= self._rate:
            self.answered += 1
            return await answer(triage)(asked)
        way = dice.choice(list(WAYS))
        self.failed[way] += 1
        return await WAYS[way](asked)
