"""What a page may show around the workspace: a guide through a story, and switches for bad days."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.sandbox.changes import Changes
from bot.sandbox.faults import CallFault, Fault
from bot.sandbox.server import Sandbox

# What a bot posts and changes: those calls are many, and Slack limits them first.
_LIMITED = ("chat.postMessage", "chat.update", "chat.postEphemeral", "chat.delete")
_RETRY_AFTER = 5


@dataclass(frozen=True)
class Hint:
    """One step of a story: what to do, and whether it has happened."""

    text: str
    is_done: Callable[[], bool]


@dataclass(frozen=True)
class Switch:
    """Something that can go wrong. ``label`` turns it on and ``undo`` off.

    ``help`` says what it does, ``notice`` what is going on while it is on.
    """

    label: str
    undo: str
    help: str
    notice: str
    is_on: Callable[[], bool]
    turn: Callable[[bool], Awaitable[None]]


class Guide:
    """Leads through the hints, one after the other; ``closing`` is said after the last."""

    def __init__(self, hints: Sequence[Hint] = (), closing: str = "") -> None:
        self.length = len(hints)
        self.is_hidden = not hints
        self._hints = hints
        self._closing = closing
        self._step = 0

    @property
    def step(self) -> int:
        """Where in the story we are, from 0; ``length`` at its end. It never goes back."""
        while self._step < self.length and self._hints[self._step].is_done():
            self._step += 1
        return self._step

    @property
    def text(self) -> str:
        """What to do now."""
        step = self.step
        return self._hints[step].text if step < self.length else self._closing


class Backstage:
    """Guide and switches, shared by all tabs; says on ``changes`` when one of them was used."""

    def __init__(self, guide: Guide, switches: Sequence[Switch]) -> None:
        self.guide = guide
        self.switches = switches
        self.changes: Changes[None] = Changes()

    async def turn(self, switch: Switch, on: bool) -> None:
        """Turn a switch on or off."""
        await switch.turn(on)
        self.changes.publish(None)

    def hide_guide(self) -> None:
        """The person finds their way."""
        self.guide.is_hidden = True
        self.changes.publish(None)


def rate_limiting(sandbox: Sandbox) -> Switch:
    """The switch that every Slack has: too many messages."""
    faults = [
        Fault(CallFault.RATELIMITED, method, times=None, retry_after=_RETRY_AFTER)
        for method in _LIMITED
    ]

    async def turn(on: bool) -> None:
        for fault in faults:
            if on:
                sandbox.faults.add(fault)
            else:
                sandbox.faults.remove(fault)

    return Switch(
        "Slack answers 429",
        "Let Slack take messages again",
        f"{', '.join(_LIMITED)} are refused with “try again in {_RETRY_AFTER} s”; "
        "other calls pass.",
        "Slack refuses the app's messages with 429: they wait, and come when Slack takes them.",
        lambda: faults[0] in sandbox.faults.rules,
        turn,
    )
