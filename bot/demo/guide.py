"""The guided first minute: the story of the README, step by step."""

from collections.abc import Iterator

from bot.sandbox import sample
from bot.sandbox.page import Guide, Hint
from bot.sandbox.records import Message
from bot.sandbox.workspace import Workspace

# What the desk says below a question without answering it: see bot/blocks/receipt.py.
_RECEIPT = "Ticket #"
_RESOLVED = "Resolved by "
_NO_ANSWERS = (_RECEIPT, _RESOLVED)

ASKING = "I can't log in since this morning"
CLOSING = (
    "That is the whole desk: nothing went out that no human approved. Now break it: open "
    "“Inspector and switches” below, kill the bot, write as Ana, and start it again."
)


def first_minute(workspace: Workspace) -> Guide:
    """Lead from Ana's question to its end; a step is done when the workspace shows it."""
    hints = (
        Hint(
            f"You are Ana. In #help, write “{ASKING}” and look into the thread below it.",
            lambda: any(True for _ in _questions(workspace)),
        ),
        Hint(
            "Change to Ben, who is an agent. In #triage, read Ana's card and click Approve.",
            lambda: any(_is_answered(workspace, each) for each in _questions(workspace)),
        ),
        Hint(
            "Be Ana again. In the thread in #help, read the answer and click Resolve.",
            lambda: any(
                _is_answered(workspace, each) and _is_resolved(workspace, each)
                for each in _questions(workspace)
            ),
        ),
    )
    return Guide(hints, CLOSING)


def _questions(workspace: Workspace) -> Iterator[Message]:
    for message in workspace.messages(sample.HELP):
        is_written = message.user == sample.ANA and message.subtype is None
        if is_written and not message.is_reply and not message.ephemeral_to:
            yield message


def _is_answered(workspace: Workspace, question: Message) -> bool:
    """Whether an agent answered below it, by the desk's hand or their own."""
    desk = workspace.channel(sample.TRIAGE).members  # the agents, and the bot that speaks for them
    return any(
        said.user in desk and not (said.bot_id and said.text.startswith(_NO_ANSWERS))
        for said in workspace.replies(question.channel, question.ts)
    )


def _is_resolved(workspace: Workspace, question: Message) -> bool:
    """Whether the receipt below it says so."""
    return any(
        said.bot_id and said.text.startswith(_RECEIPT) and _RESOLVED in said.text
        for said in workspace.replies(question.channel, question.ts)
    )
