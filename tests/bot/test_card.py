"""The card, the receipt, the answer and the forms as data: what Slack would refuse, and what not.

https://docs.slack.dev/reference/block-kit
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from bot.blocks import forms
from bot.blocks.card import card
from bot.blocks.handover import handed_over, handover_form
from bot.blocks.mirror import mirror
from bot.blocks.receipt import answer, receipt
from bot.blocks.text import SlackMessage
from bot.sandbox.blockkit import block_problems, check_view
from core.categories import DEFAULT_CATEGORIES, Category
from core.facts import Facts
from core.handover_job import Suggestion
from core.mirrors import Mirrored
from core.replies import Draft, Writing
from storage.tables import (
    Contact,
    Delivery,
    Message,
    Reply,
    Result,
    Role,
    Status,
    Ticket,
    TicketPriority,
    TriageStatus,
)

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
LINK = "https://acme.slack.com/archives/C1/p1"
MOST_OF_BLOCKS = 13_000
VISIBLE_BUTTONS = 3
# The longest that each field of the database and of the model's schema takes.
WORST = '"&<_'


def worst(length: int) -> str:
    """Return a text of that length that grows by escaping."""
    return (WORST * length)[:length]


def person(name: str = "Ana") -> Contact:
    return Contact(id=1, name=name)


def ticket(**more: Any) -> Ticket:
    """Return a ticket that was just opened."""
    facts: dict[str, Any] = {
        "id": 7,
        "title": "Cannot log in",
        "raw_text": "I cannot log in",
        "source": "message",
        "status": Status.NEW,
        "triage_status": TriageStatus.PENDING,
        "priority": TicketPriority.NORMAL,
        "requester": person(),
        "assignee": None,
        "resolved_by": None,
        "withdrawn_by": None,
        "created_at": NOW,
    }
    return Ticket(**{**facts, **more})


def result(**more: Any) -> Result:
    facts: dict[str, Any] = {
        "id": 3,
        "title": "Cannot log in",
        "summary": "No login since this morning.",
        "category": "access",
        "priority": TicketPriority.NORMAL,
        "language": "en",
        "confidence": 0.8,
        "question": None,
        "reply_draft": "Which system is it?",
        "model": "gpt",
        "prompt_version": "v1",
        "created_at": NOW,
    }
    return Result(**{**facts, **more})


def reply(**more: Any) -> Reply:
    facts: dict[str, Any] = {
        "id": 5,
        "message_id": 9,
        "result_id": None,
        "text": "Try again.",
        "approved_by": person("Ben"),
        "approved_at": NOW + timedelta(minutes=1),
        "delivery": Delivery.SENT,
        "sent_at": NOW + timedelta(minutes=1),
    }
    return Reply(**{**facts, **more})


def said(text: str = "and now?", **more: Any) -> Message:
    return Message(
        **{"id": 10, "text": text, "role": Role.REQUESTER, "created_at": NOW, "files": [], **more}
    )


def facts(shown: Ticket, **more: Any) -> Facts:
    return Facts(
        **{"ticket": shown, "result": None, "replies": [], "files": [], "said_since": [], **more}
    )


def shown(these: Facts, categories: tuple[Category, ...] = DEFAULT_CATEGORIES) -> SlackMessage:
    """Build the card, and make sure that Slack would take it."""
    message = card(these, categories=categories, link=LINK)
    sent = message.arguments()
    assert block_problems(sent["blocks"], "message") == []
    assert len(json.dumps(sent["blocks"], ensure_ascii=False)) < MOST_OF_BLOCKS
    assert sent["text"].strip()
    return message


def buttons(message: SlackMessage) -> list[str]:
    return [
        element["text"]["text"]
        for block in message.arguments()["blocks"]
        for element in [*block.get("elements", []), block.get("accessory") or {}]
        if element.get("type") == "button"
    ]


def menu(message: SlackMessage) -> list[str]:
    return [
        option["text"]["text"]
        for block in message.arguments()["blocks"]
        for element in block.get("elements", [])
        if element.get("type") == "overflow"
        for option in element["options"]
    ]


def states() -> Iterator[Facts]:
    """Yield a ticket in every state that can be told apart."""
    for status, triage, has_result, delivery, taken_back in product(
        Status, TriageStatus, (False, True), (None, *Delivery), (False, True)
    ):
        if (triage is TriageStatus.COMPLETED and not has_result) or (taken_back and not delivery):
            continue
        closed = status is Status.RESOLVED
        sent_at = NOW if delivery is Delivery.SENT else None
        taken = {"taken_back_at": NOW, "taken_back_by": person("Cy")} if taken_back else {}
        yield facts(
            ticket(
                status=status,
                triage_status=triage,
                triage_error="the model cannot be reached" if triage is TriageStatus.FAILED else "",
                resolved_at=NOW if closed else None,
                resolved_by=person("Ben") if closed else None,
            ),
            result=result() if has_result else None,
            replies=[reply(delivery=delivery, sent_at=sent_at, **taken)] if delivery else [],
        )


@pytest.mark.parametrize("these", list(states()))
def test_in_every_state_it_is_valid_and_offers_what_makes_sense(these: Facts) -> None:
    message = shown(these)
    visible = buttons(message)
    standing = [reply for reply in these.replies if reply.taken_back_at is None]
    undelivered = bool(standing) and standing[0].delivery is Delivery.FAILED
    if these.ticket.status is Status.RESOLVED:
        assert visible == ["Reopen", "Retry"] if undelivered else ["Reopen"]
        assert ("NOT DELIVERED" in message.text) is undelivered
        return
    assert len(visible) <= VISIBLE_BUTTONS
    assert visible[-2:] == ["Reply", "Resolve"]
    assert ("Retry" in visible) is undelivered
    answered = ["Take back"] if standing else []
    assert menu(message)[menu(message).index("Claim") + 1 :] == (
        answered if these.replies else ["Not a ticket"]
    )
    assert ("Taken back" in message.text) is (bool(these.replies) and not standing)
    if these.ticket.triage_status is TriageStatus.FAILED:
        assert "Try again" in visible or "Regenerate" in menu(message) or undelivered
    assert message.text.startswith("Ticket #7 from Ana: Cannot log in.")


def test_an_answer_that_somebody_deleted_in_slack() -> None:
    message = shown(facts(ticket(), replies=[reply(taken_back_at=NOW)]))
    assert "Deleted in Slack" in message.text
    assert menu(message)[-1] == "Claim"


def test_set_aside() -> None:
    aside = ticket(withdrawn_at=NOW, withdrawn_by=person("Ben"), withdrawn_by_id=2, requester_id=1)
    message = shown(facts(aside, result=result()))
    assert buttons(message) == ["Undo"]
    assert message.text == "Not a ticket · #7 Cannot log in. Set aside by Ben."


def test_withdrawn() -> None:
    aside = ticket(withdrawn_at=NOW, withdrawn_by=person("Ana"), withdrawn_by_id=1, requester_id=1)
    message = shown(facts(aside))
    assert buttons(message) == []
    assert message.text == "Withdrawn · #7. Ana deleted the request."


MANY = tuple(
    Category(key=f"c{number}".ljust(15, "x"), label=f"{number}".ljust(25, "x"), description="d")
    for number in range(20)
)


@pytest.mark.parametrize("categories", [DEFAULT_CATEGORIES, MANY], ids=["default", "most"])
@pytest.mark.parametrize("text", [worst, lambda n: "\n" * n, lambda n: "http://a.b " * (n // 11)])
def test_at_its_fullest_it_still_arrives_with_the_whole_draft(
    text: Any, categories: tuple[Category, ...]
) -> None:
    draft = ("- line\n" * 358)[:2_500] if categories is DEFAULT_CATEGORIES else "d" * 2_500
    message = shown(
        facts(
            ticket(
                title=worst(150),
                requester=person(worst(80)),
                assignee=person("Ben Okafor"),
                status=Status.OPEN,
                triage_status=TriageStatus.FAILED,
                triage_error="e" * 200,
                category=categories[0].key,
                is_transferred=True,
                transferred_by=person("Ben Okafor"),
                transferred_to="U0123456789",
                transferred_at=NOW,
                handover_summary=text(3_000),
            ),
            handover_problem="e" * 500,
            result=result(
                summary=text(1_000),
                question=text(500),
                reply_draft=draft,
                model=worst(200),
                read_message_id=9,
            ),
            replies=[
                reply(text=text(3_000), delivery=Delivery.FAILED, delivery_error="e" * 200),
                reply(text=text(3_000)),
                reply(text=text(3_000)),
            ],
            files=[{"name": worst(300)} for _ in range(50)],
            said_since=[said(text(40_000))],
            edited_at=NOW,
        ),
        categories,
    )
    assert draft in json.loads(json.dumps(_quotes(message)))


def _quotes(message: SlackMessage) -> list[str]:
    return [
        "".join(part.get("text") or part["url"] for part in element["elements"])
        for block in message.arguments()["blocks"]
        if block["type"] == "rich_text"
        for element in block["elements"]
    ]


def test_a_category_that_is_no_longer_one() -> None:
    shown(facts(ticket(category="gone", triage_status=TriageStatus.COMPLETED), result=result()))


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("source", ["message", "form"])
def test_the_receipt(status: Status, source: str) -> None:
    closed = status is Status.RESOLVED
    these = ticket(
        title=worst(150),
        source=source,
        status=status,
        assignee=person("Ben"),
        resolved_by=person("Ben") if closed else None,
    )
    message = receipt(these)
    assert block_problems(message.arguments()["blocks"], "message") == []
    assert buttons(message) == (["Reopen"] if closed else ["Resolve"])
    assert message.text.startswith("Ticket #7 · ")


@pytest.mark.parametrize("text", [worst, lambda n: "\n" * n, lambda n: "http://a.b " * (n // 11)])
def test_the_longest_handover_arrives_whole(text: Any) -> None:
    these = ticket(title=worst(150), transferred_by=person("Ben"), handover_summary=text(3_000))
    message = handed_over(these, request=LINK, card=LINK, to_person=True)
    blocks = message.arguments()["blocks"]
    assert block_problems(blocks, "message") == []
    assert len(json.dumps(blocks, ensure_ascii=False)) < MOST_OF_BLOCKS
    assert _quotes(message) == [text(3_000)]


def test_the_answer_is_signed_and_bound_to_the_approved_text() -> None:
    message = answer(reply(text=worst(3_000)), ticket())
    blocks = message.arguments()["blocks"]
    assert block_problems(blocks, "message") == []
    assert _quotes(message) == [worst(3_000)]
    assert "Ben · ticket #7" in json.dumps(blocks, ensure_ascii=False)
    assert len(json.dumps(blocks, ensure_ascii=False)) < MOST_OF_BLOCKS
    assert "Ben · ticket #7" in answer(reply(), ticket()).text


ANSWERS = [reply(text=worst(3_000), approved_by=person(worst(80))) for _ in range(3)]
NEWS = [said(worst(40_000), id=number) for number in range(1, 8)]


@pytest.mark.parametrize(
    "view",
    [
        forms.new_ticket(),
        forms.reply(Writing(ticket(id=1_234_567_890, title=worst(150)), 0)),
        forms.reply(Writing(ticket(), 9, ANSWERS), text=worst(3_000)),
        forms.edit(Draft(ticket(), result(reply_draft=worst(2_500)), NEWS)),
        forms.approve_anyway(Draft(ticket(), result(reply_draft=worst(2_500)), NEWS)),
        handover_form(ticket(id=1_234_567_890, title=worst(150))),
        handover_form(ticket(), Suggestion(ticket(), worst(3_000), model=worst(200))),
        handover_form(ticket(), Suggestion(ticket(), worst(3_000))),
    ],
)
def test_the_forms(view: Any) -> None:
    check_view(view.to_dict())


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("deleted_at", [None, NOW])
def test_the_copy_of_a_message(role: Role, deleted_at: datetime | None) -> None:
    files = [{"name": worst(500)}] * 30
    message = said(
        worst(40_000), role=role, files=files, deleted_at=deleted_at, author=person(worst(80))
    )
    copy = mirror(Mirrored(message, ticket(assignee=person("Ben")))).arguments()
    assert block_problems(copy["blocks"], "message") == []
    assert len(json.dumps(copy["blocks"], ensure_ascii=False)) < MOST_OF_BLOCKS
    assert "<!" not in copy["text"]


def test_a_copy_calls_the_assignee_when_the_requester_wrote() -> None:
    agent = Contact(id=2, name="Ben", slack_user_id="U0BEN")
    calls = {
        role: "<@U0BEN>"
        in mirror(Mirrored(said(role=role, author=person()), ticket(assignee=agent))).text
        for role in (Role.REQUESTER, Role.PARTICIPANT)
    }
    assert calls == {Role.REQUESTER: True, Role.PARTICIPANT: False}
