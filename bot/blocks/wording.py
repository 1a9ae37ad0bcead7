"""What a card says of a ticket, in words. All of it is mrkdwn, with people's texts made inert."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.blocks.text import inert, moment
from core.audit import Surface
from core.contacts import name_of
from core.facts import Facts
from core.handover_words import is_person
from core.intake import surface_of
from core.text import clip
from storage.repositories.lists import Some
from storage.tables import Delivery, Reply, Result, Status, Ticket, TriageStatus

STATUS = {
    Status.NEW: "New",
    Status.OPEN: "Open",
    Status.WAITING: "Answered, waiting for the requester",
    Status.RESOLVED: "Resolved",
}
SHORT_STATUS = {**STATUS, Status.WAITING: "Waiting"}
FILES_SHOWN = 10
PROBLEM_SHOWN = 150
FILE_NAME_SHOWN = 40


def short_status(ticket: Ticket) -> str:
    if ticket.withdrawn_at is None:
        return SHORT_STATUS[ticket.status]
    return "Withdrawn" if ticket.withdrawn_by_id == ticket.requester_id else "Set aside"


def origin(ticket: Ticket, link: str | None) -> str:
    by = f" by {inert(name_of(ticket.opened_by))}" if ticket.opened_by is not None else ""
    parts = [f"From {inert(name_of(ticket.requester))}", f"opened{by} {moment(ticket.created_at)}"]
    if surface_of(ticket.source) is Surface.API:
        parts.append(f"over the API: {inert(ticket.source)}")
    if ticket.follows_id is not None:
        parts.append(f"follows #{ticket.follows_id}")
    if ticket.private:
        parts.append("private")
    if link is not None:
        parts.append(f"<{link}|View message>")
    return " · ".join(parts)


def standing(ticket: Ticket) -> str:
    if ticket.withdrawn_at is not None:
        return short_status(ticket)
    if ticket.assignee is None:
        return f"{STATUS[ticket.status]} · nobody has claimed it"
    return f"{STATUS[ticket.status]} · claimed by {inert(name_of(ticket.assignee))}"


def total(some: Some) -> str:
    """How many tickets a list has."""
    return f"over {some.count:,}" if some.has_more else str(some.count)


def rest(some: Some) -> str:
    """How many more a list has than are shown; empty where these are all."""
    hidden = some.count - len(some.tickets)
    return f"and {'over ' * some.has_more}{hidden} more" if hidden else ""


def file_names(files: Sequence[dict[str, Any]]) -> str:
    names = [inert(clip(str(file.get("name") or "a file"), FILE_NAME_SHOWN)) for file in files]
    more = f" and {len(names) - FILES_SHOWN} more" if len(names) > FILES_SHOWN else ""
    return "Files: " + ", ".join(names[:FILES_SHOWN]) + more


def handover(facts: Facts) -> str:
    ticket = facts.ticket
    to = _heir(ticket.transferred_to or "")
    words = f"*Handed over* by {inert(name_of(ticket.transferred_by))} to {to}"
    if ticket.transferred_at is not None:
        words += f", {moment(ticket.transferred_at)}"
    if facts.handover_problem is not None:
        words += f"\n*They were NOT TOLD:* {inert(clip(facts.handover_problem, PROBLEM_SHOWN))}"
    return words


def _heir(to: str) -> str:
    """A person or channel by Slack's own id, which Slack shows as the name."""
    return f"<@{to}>" if is_person(to) else f"<#{to}>"


def triage_state(ticket: Ticket) -> str:
    if ticket.triage_status is TriageStatus.FAILED:
        why = inert(ticket.triage_error or "")
        if ticket.model_was_down and ticket.status is not Status.RESOLVED:
            return (
                f"*Triage failed:* {why}. It is tried again by itself; answer by hand if it is "
                "urgent."
            )
        return f"*Triage failed:* the model gave no usable answer: {why}."
    if ticket.triage_error:
        return (
            f"*Triage waits for the model:* {inert(ticket.triage_error)}. It is tried again by "
            "itself; answer by hand if it is urgent."
        )
    return "*Triage under way.* Reply, Claim and Resolve work already."


def provenance(result: Result) -> str:
    confidence = f"confidence {round(result.confidence * 100)}%"
    if result.model == "offline":
        return f"By the built-in offline triage: from wording alone, without a model · {confidence}"
    return (
        f"By {inert(result.model)} · prompt {inert(result.prompt_version)} · {confidence} "
        f"· language {inert(result.language)}"
    )


def delivery(reply: Reply) -> str:
    by = inert(name_of(reply.approved_by))
    if reply.is_own_message:
        deleted = " *and deleted it again*" if reply.taken_back_at else ""
        return f"*Answered in the thread:* {by}, {moment(reply.approved_at)}{deleted}"
    how = _how(reply)
    if reply.taken_back_at is not None:
        return _taken_back(reply, reply.taken_back_at, sender=f"{by} {how}")
    if reply.delivery is Delivery.SENT and reply.sent_at is not None:
        sent = "*Sent:*"
        if reply.detour is not None:
            sent = f"*Sent by direct message:* {inert(reply.detour)}."
        return f"{sent} {by} {how}, delivered {moment(reply.sent_at)}"
    if reply.delivery is Delivery.READY:
        return f"*For pick-up over the API:* {by} {how} {moment(reply.approved_at)}"
    if reply.delivery is Delivery.FAILED:
        return (
            f"*NOT DELIVERED:* {by} {how} {moment(reply.approved_at)}, but "
            f"{inert(reply.delivery_error or 'Slack did not take it')}"
        )
    return f"*Approved, not yet sent:* {by} {how} {moment(reply.approved_at)}"


def _taken_back(reply: Reply, when: datetime, *, sender: str) -> str:
    if reply.taken_back_by is None:
        return f"*Deleted in Slack*, {moment(when)} ({sender})"
    taker = f"{inert(name_of(reply.taken_back_by))}, {moment(when)}"
    if reply.delivery is Delivery.READY:
        return f"*Taken back* by {taker} ({sender}), *but it may have been fetched over the API*"
    if reply.sent_at is None:
        return f"*Taken back before it was sent* by {taker}"
    words = f"*Taken back* by {taker} ({sender}, delivered {moment(reply.sent_at)})"
    if reply.delivery_error:
        words += f", *but the requester may still see it:* {inert(reply.delivery_error)}"
    return words


def wrote_after(facts: Facts) -> bool:
    """Whether the requester wrote into a thread that is resolved: nobody would see it otherwise."""
    closed = facts.ticket.resolved_at
    return closed is not None and any(each.created_at > closed for each in facts.said_since)


def whole(facts: Facts) -> str:
    """The whole card in words, for those who see no blocks."""
    ticket = facts.ticket
    words = [
        f"Ticket #{ticket.id} from {inert(name_of(ticket.requester))}: {inert(ticket.title)}.",
        f"{standing(ticket)}, priority {ticket.priority}.",
    ]
    if ticket.is_transferred:
        words.append(f"{handover(facts)}.".replace("*", "").replace("\n", ". "))
    if facts.draft is not None:
        words.append(
            f"A reply draft waits for approval: {inert(clip(facts.draft.reply_draft, 300))}"
        )
    elif ticket.triage_status is TriageStatus.FAILED:
        words.append("The triage failed.")
    elif ticket.triage_status is not TriageStatus.COMPLETED:
        words.append("Triage under way.")
    if facts.replies:
        words.append(f"{delivery(facts.replies[0])}.".replace("*", ""))
    if ticket.status is Status.RESOLVED and wrote_after(facts):
        words.append("The requester wrote after that.")
    return " ".join(words)


def _how(reply: Reply) -> str:
    # What a model made of a text that was deleted is blank.
    if reply.result is None or not reply.result.reply_draft:
        return "answered"
    return "approved the draft" if reply.text == reply.result.reply_draft else "edited the draft"
