"""The guided first minute: the story of the README, step by step."""

from collections.abc import Iterator

from bot.sandbox import sample
from bot.sandbox.page import Guide, Hint
from bot.sandbox.records import Message
from bot.sandbox.workspace import Workspace

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
            lambda: any(len(_said(workspace, each)) > 1 for each in _questions(workspace)),
        ),
        Hint(
            "Be Ana again. In the thread in #help, read the answer and click Resolve.",
            lambda: any(
                "Resolved by" in said.text
                for each in _questions(workspace)
                for said in _said(workspace, each)[:1]
            ),
        ),
    )
    return Guide(hints, CLOSING)


def _questions(workspace: Workspace) -> Iterator[Message]:
    for message in workspace.messages(sample.HELP):
        is_written = message.user == sample.ANA and message.subtype is None
        if is_written and not message.is_reply and not message.ephemeral_to:
            yield message


def _said(workspace: Workspace, question: Message) -> list[Message]:
    """What the desk said below it: the receipt, then the answers."""
    return [each for each in workspace.replies(question.channel, question.ts) if each.bot_id]
