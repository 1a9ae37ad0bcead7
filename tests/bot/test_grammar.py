"""What can be said after /ticket."""

import pytest

from bot.listeners.commands.grammar import (
    FOR_AGENTS,
    USAGE,
    About,
    Batch,
    Form,
    Help,
    List,
    Misused,
    New,
    Wanted,
    parse,
)
from core.overview import Which

SAID: list[tuple[str, Wanted]] = [
    ("", Form()),
    ("  \n ", Form()),
    ("new", Form()),
    ("the printer is jammed", New("the printer is jammed")),
    ("  my laptop\nis slow ", New("my laptop\nis slow")),
    ("listen, the door is open", New("listen, the door is open")),
    ("42", New("42")),
    ("#42 again", New("#42 again")),
    ("help", Help()),
    (" HELP ", Help()),
    ("help me with the printer", Misused("help")),
    ("batch", Batch()),
    ("batch of keyboards", Misused("batch")),
    ("list", List(Which.MINE)),
    ("list mine", List(Which.MINE)),
    ("List Open", List(Which.OPEN)),
    ("list waiting", List(Which.WAITING)),
    ("list  resolved", List(Which.RESOLVED)),
    ("list all", List(Which.ALL)),
    ("list everything", Misused("list")),
    ("list open please", Misused("list")),
    ("show 42", About("show", 42)),
    ("show #42", About("show", 42)),
    ("SHOW 042", About("show", 42)),
    ("show ４２", About("show", 42)),
    ("show ＃４２", About("show", 42)),
    ("show 0", About("show", 0)),
    ("show 99999999999999999999999", About("show", 99999999999999999999999)),
    ("show " + "9" * 41, Misused("show")),
    ("show", Misused("show")),
    ("show me how to print", Misused("show")),
    ("show -1", Misused("show")),
    ("show 4.2", Misused("show")),
    ("show ##42", Misused("show")),
    ("show 42 43", Misused("show")),
    ("triage 42", About("triage", 42)),
    ("triage 42 force", About("triage", 42, force=True)),
    ("triage 42 Force", About("triage", 42, force=True)),
    ("triage force", Misused("triage")),
    ("triage 42 hard", Misused("triage")),
    ("resolve 42", About("resolve", 42)),
    ("resolve", Misused("resolve")),
    ("resolve 42 force", Misused("resolve")),
    ("reopen #42", About("reopen", 42)),
    ("reopen my account", Misused("reopen")),
    ("new show me how to print", New("show me how to print")),
    ("NEW help", New("help")),
    ("new new", New("new")),
    ("new laptop, please", New("new laptop, please")),
    ("lst", Misused("list")),
    ("Helpp", Misused("help")),
    ("resolv 42", Misused("resolve")),
    ("shwo #42", Misused("show")),
    ("lst of printers", New("lst of printers")),
    ("phone", New("phone")),
    ("wifi", New("wifi")),
    ("printer 42", New("printer 42")),
    ("new lst", New("lst")),
]


@pytest.mark.parametrize(("text", "wanted"), SAID, ids=[repr(text)[:40] for text, _ in SAID])
def test_what_is_said_and_what_is_wanted(text: str, wanted: Wanted) -> None:
    assert parse(text) == wanted


@pytest.mark.parametrize("verb", sorted(USAGE))
def test_each_verb_s_usage_is_right_itself(verb: str) -> None:
    """Without what is optional, and with the first of what there is to choose."""
    right = USAGE[verb][0]
    assert not isinstance(parse(right.partition(" [")[0]), Misused)
    if " [" in right:
        choice = right.partition("[")[2].strip("]").split("|")
        for each in choice:
            assert not isinstance(parse(f"{right.partition(' [')[0]} {each}"), Misused)


def test_what_is_for_agents_is_one_of_the_verbs() -> None:
    assert USAGE.keys() >= FOR_AGENTS
