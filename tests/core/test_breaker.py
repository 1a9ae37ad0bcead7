"""The circuit breaker, step by step with a clock that is set by hand."""

import pytest

from core.breaker import Breaker

GO = None


class Clock:
    """Seconds, as the test sets them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def play(*steps: str) -> list[float | None]:
    """What ``refusal`` says at each ``ask`` among the steps.

    The other steps: ``ok``, ``bad``, ``cancel``, ``hold`` for 7 seconds, and ``+N`` for N seconds
    that pass.
    """
    clock = Clock()
    breaker = Breaker(threshold=3, cooldown=10, longest=25, clock=clock)
    said = []
    for step in steps:
        match step:
            case "ask":
                said.append(breaker.refusal())
            case "ok" | "bad":
                breaker.record(success=step == "ok")
            case "cancel":
                breaker.release()
            case "hold":
                breaker.hold(7)
            case _:
                clock.now += float(step)
    return said


OPENED = ("bad", "bad", "bad")


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        pytest.param(("ask", "ask"), [GO, GO], id="closed lets all through"),
        pytest.param(("bad", "bad", "ask"), [GO], id="two failures are not enough"),
        pytest.param((*OPENED, "ask"), [10], id="three open it"),
        pytest.param(("bad", "bad", "ok", "bad", "bad", "ask"), [GO], id="only in a row"),
        pytest.param((*OPENED, "+4", "ask"), [6], id="open counts down"),
        pytest.param((*OPENED, "+10", "ask", "ask"), [GO, 10], id="half-open lets one through"),
        pytest.param((*OPENED, "+10", "ask", "ok", "ask", "ask"), [GO, GO, GO], id="probe closes"),
        pytest.param((*OPENED, "+10", "ask", "bad", "ask"), [GO, 20], id="failed probe doubles"),
        pytest.param(
            (*OPENED, "+10", "ask", "bad", "+20", "ask", "bad", "ask"), [GO, GO, 25], id="capped"
        ),
        pytest.param(
            (*OPENED, "+10", "ask", "bad", "+20", "ask", "ok", *OPENED, "ask"),
            [GO, GO, 10],
            id="a success forgets how long it was",
        ),
        pytest.param(
            (*OPENED, "+10", "ask", "cancel", "ask", "ask"),
            [GO, GO, 10],
            id="a cancelled probe gives its place back",
        ),
        pytest.param((*OPENED, "+4", "bad", "ask"), [6], id="late failures do not prolong it"),
        pytest.param((*OPENED, "ok", "ask"), [GO], id="a late success closes it"),
        pytest.param(
            (*OPENED, "+10", "bad", "ask"),
            [GO],
            id="a late failure does not take the probe's place",
        ),
        pytest.param(("cancel", *OPENED, "ask"), [10], id="a cancelled call says nothing"),
        pytest.param(("hold", "ask", "+3", "ask"), [7, 4], id="held though closed"),
        pytest.param(("hold", "ok", "ask", "+7", "ask", "ask"), [7, GO, GO], id="then all go"),
        pytest.param((*OPENED, "hold", "ask"), [10], id="open for longer than held"),
        pytest.param((*OPENED, "+9", "hold", "ask", "+7", "ask"), [7, GO], id="held though open"),
    ],
)
def test_breaker(steps: tuple[str, ...], said: list[float | None]) -> None:
    assert play(*steps) == said
