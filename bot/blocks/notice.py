"""What the desk says to one person by direct message: to admins, and to who opened a ticket."""

from slack_sdk.models.blocks import SectionBlock

from bot.blocks.text import SlackMessage, inert, mrkdwn, plain
from storage.tables import Ticket


def unreachable(*, channel: str, reason: str, waiting: int) -> SlackMessage:
    """Return what admins are told when cards cannot be posted or updated."""
    tickets = "1 ticket waits" if waiting == 1 else f"{waiting} tickets wait"
    what = (
        f"*Agents do not see every ticket.* I cannot post in <#{channel}>: {inert(reason)}. "
        f"By now {tickets} for that. Nothing is lost, and requesters are told that we have it."
    )
    mend = (
        "Invite me there with /invite @Ticketloop, or unarchive the channel: I post what is "
        "missing when I am back. Or name another channel in TRIAGE_CHANNEL and start me again."
    )
    return SlackMessage(
        text=f"{what.replace('*', '')} {mend}",
        blocks=[SectionBlock(text=mrkdwn(what)), SectionBlock(text=mrkdwn(mend))],
    )


def webhook_disabled(*, number: int, reason: str) -> SlackMessage:
    """Return what admins are told when an endpoint is not told of events any more."""
    what = f"*Webhook {number} is disabled*, and nothing is sent there any more: {inert(reason)}."
    mend = (
        f"What it answered is in ticketloop webhook deliveries {number}. Mend it, then switch it "
        f"on with ticketloop webhook enable {number}. What happens until then is not told later."
    )
    return SlackMessage(
        text=f"{what.replace('*', '')} {mend}",
        blocks=[SectionBlock(text=mrkdwn(what)), SectionBlock(text=mrkdwn(mend))],
    )


def opened_for(ticket: Ticket) -> SlackMessage:
    """Return what the person is told who opened a ticket for somebody else."""
    requester = f"<@{ticket.requester.slack_user_id}>"
    text = f"You opened ticket #{ticket.id} for {requester}, who gets the answers."
    return SlackMessage(
        text=f"{text} {inert(ticket.title)}",
        blocks=[SectionBlock(text=mrkdwn(text)), SectionBlock(text=plain(ticket.title))],
    )
