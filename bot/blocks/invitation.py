"""What the bot says in a channel to which it was invited."""

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, SectionBlock

from bot import ids
from bot.blocks.text import SlackMessage, inert, mrkdwn, plain
from core.channels import Invitation
from core.modes import Mode


def invitation(shown: Invitation) -> SlackMessage:
    """Return what the bot does here, what is set, and how to choose otherwise."""
    text = (
        "*Hello! I make tickets of requests, and bring the answers into their threads.* Mention "
        f"me, react to a message with :{shown.emoji}:, or choose *Make a ticket* under its More "
        f"actions. {_chosen(shown)}"
    )
    blocks: list[Block] = [
        SectionBlock(text=mrkdwn(text)),
        ActionsBlock(
            block_id="channel_mode",
            elements=[
                ButtonElement(
                    text=plain(_label(mode, shown.emoji)), action_id=_ACTIONS[mode], value=mode
                )
                for mode in Mode
                if mode is not shown.mode
            ],
        ),
    ]
    return SlackMessage(text=text.replace("*", ""), blocks=blocks)


_ACTIONS = {Mode.ALL: ids.EVERY_MESSAGE, Mode.EMOJI: ids.ONLY_EMOJI}


def _label(mode: Mode, emoji: str) -> str:
    return "Every message" if mode is Mode.ALL else f"Only with :{emoji}:"


def _chosen(shown: Invitation) -> str:
    if shown.mode is None:
        return "Admins and agents, please choose: which messages here become tickets by themselves?"
    by = f"{inert(shown.chosen_by)} chose it" if shown.chosen_by else "by the desk's settings"
    what = (
        "Every message here becomes a ticket"
        if shown.mode is Mode.ALL
        else f"Of the messages here, only those with :{shown.emoji}: become tickets"
    )
    return f"{what} ({by}); admins and agents can choose otherwise."
