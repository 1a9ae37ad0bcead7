"""What ``/ticket`` answers: lists, a ticket, and how the command is used."""

from collections.abc import Mapping, Sequence

from humanize import naturaltime
from slack_sdk.models.blocks import Block, ContextBlock, SectionBlock

from bot.blocks import wording
from bot.blocks.text import SlackMessage, first_that_fits, inert, moment, mrkdwn, plain, quote
from core.categories import Category
from core.contacts import name_of
from core.installation import Installation
from core.overview import Listed, Shown, Which
from core.text import clip
from storage.tables import Contact, Message, Role, Ticket

# How much of each title is shown: the first with which the list fits into a message.
TITLES_SHOWN = (100, 50, 15)
NAME_SHOWN = 30
SAID_SHOWN = 300

_HEADINGS = {
    Which.MINE: "Your tickets",
    Which.OPEN: "Open tickets",
    Which.WAITING: "Tickets that wait for the requester",
    Which.RESOLVED: "Resolved tickets",
    Which.ALL: "All tickets",
}
# A requester's are always their own.
_OWN = {
    Which.MINE: "Your tickets",
    Which.OPEN: "Your open tickets",
    Which.WAITING: "Your tickets that wait for you",
    Which.RESOLVED: "Your resolved tickets",
    Which.ALL: "All your tickets",
}


def ticket_list(listed: Listed, *, installation: Installation) -> SlackMessage:
    """Return the list, newest first, and how many more there are."""
    heading = (_HEADINGS if listed.reader.is_agent else _OWN)[listed.which]
    if not listed.newest.tickets:
        text = f"{heading}: there are none."
        return SlackMessage(text=text, blocks=[SectionBlock(text=mrkdwn(text))])
    shown = (_ticket_list(listed, installation, heading, width) for width in TITLES_SHOWN)
    return first_that_fits(shown, whole_text=True)


def _ticket_list(
    listed: Listed, installation: Installation, heading: str, width: int
) -> SlackMessage:
    more = wording.rest(listed.newest)
    lines = [_line(ticket, listed.reader, width) for ticket in listed.newest.tickets]
    blocks: list[Block] = [SectionBlock(text=mrkdwn(f"*{heading}*"))]
    for ticket, line in zip(listed.newest.tickets, lines, strict=True):
        blocks.append(
            SectionBlock(text=mrkdwn(_linked(line, ticket, _link(ticket, listed, installation))))
        )
    if more:
        blocks.append(ContextBlock(elements=[mrkdwn(more)]))
    return SlackMessage(text="\n".join([heading, *lines, *([more] if more else [])]), blocks=blocks)


def _link(ticket: Ticket, listed: Listed, installation: Installation) -> str | None:
    """To the card for agents, to their own message for requesters."""
    if listed.reader.is_agent:
        return installation.card_link(ticket)
    return installation.link(ticket)


def _linked(line: str, ticket: Ticket, link: str | None) -> str:
    number = f"#{ticket.id}"
    return line if link is None else f"<{link}|{number}>{line.removeprefix(number)}"


def _line(ticket: Ticket, reader: Contact, width: int) -> str:
    parts = [
        f"#{ticket.id}",
        wording.short_status(ticket),
        str(ticket.priority),
        inert(clip(ticket.title, width)),
    ]
    if reader.is_agent:
        parts.append(inert(clip(name_of(ticket.requester), NAME_SHOWN)))
    parts.append(naturaltime(ticket.created_at))
    if ticket.private:
        parts.append("private")
    return " · ".join(parts)


def ticket_shown(
    shown: Shown, *, categories: Sequence[Category], installation: Installation
) -> SlackMessage:
    """Return what the person may read of the ticket."""
    ticket, result = shown.ticket, shown.result
    label = next((each.label for each in categories if each.key == ticket.category), "no category")
    title = f"*#{ticket.id}* {inert(ticket.title)}"
    facts = f"{wording.standing(ticket)} · {inert(label)} · {ticket.priority} priority"
    if ticket.private:
        facts += " · private"
    words = [f"#{ticket.id} {inert(ticket.title)}", facts]
    blocks: list[Block] = [
        SectionBlock(text=mrkdwn(title)),
        ContextBlock(elements=[mrkdwn(facts)]),
    ]
    if result is not None:
        blocks.append(SectionBlock(text=plain(result.summary)))
        words.append(inert(result.summary))
    for message in shown.said:
        who = f"{inert(name_of(message.author))} · {moment(message.created_at)}"
        text = clip(message.text or "(a file)", SAID_SHOWN)
        blocks += [ContextBlock(elements=[mrkdwn(who)]), quote(text)]
        words.append(f"{_role(message)} {inert(name_of(message.author))}: {inert(text)}")
    link = installation.card_link(ticket) if shown.reader.is_agent else installation.link(ticket)
    if link is not None:
        place = "the card" if shown.reader.is_agent else "your request"
        blocks.append(ContextBlock(elements=[mrkdwn(f"<{link}|Go to {place}>")]))
        words.append(f"Go to {place}: {link}")
    return SlackMessage(text="\n".join(words), blocks=blocks)


def _role(message: Message) -> str:
    return {Role.REQUESTER: "Requester", Role.AGENT: "Agent"}.get(message.role, "Also")


def usage(verb: str, how: Mapping[str, tuple[str, str]]) -> SlackMessage:
    """Return how the verb is used that was used otherwise, and the way for a text like that."""
    right, what = how[verb]
    return _lines(
        f"Nothing was done: {verb} is used in another way.",
        [
            f"`/ticket {right}`: {what}.",
            "If it was meant as a request, put new before it: `/ticket new` and your text.",
        ],
    )


def command_help(how: Mapping[str, tuple[str, str]]) -> SlackMessage:
    """Return all that can be said."""
    return _lines(
        "What you can do with /ticket",
        [
            "`/ticket` and what you need: Opens a ticket. Alone it opens a form.",
            *(f"`/ticket {right}`: {what}." for right, what in how.values()),
        ],
    )


def _lines(heading: str, lines: Sequence[str]) -> SlackMessage:
    blocks: list[Block] = [
        SectionBlock(text=mrkdwn(f"*{heading}*")),
        SectionBlock(text=mrkdwn("\n".join(lines))),
    ]
    return SlackMessage(text="\n".join([heading, *lines]).replace("`", ""), blocks=blocks)
