"""What people and models write arrives as text: it mentions nobody and hides no link."""

import re
from typing import Any

from bot.sandbox import sample
from bot.sandbox.records import File, Message
from tests.e2e.conftest import OpenStory
from tests.e2e.story import Story, wording
from tests.fakes.openai_behaviours import answer, triage
from tests.fakes.openai_server import FakeOpenAI

NASTY = (
    "<!channel> <!here> <@U0BEN000001> <#C0TRIAGE001> <https://evil.example|https://good.example> "
    "*bold* _it_ ~gone~ `code` &amp; &lt;!everyone&gt; @channel https://good.example/a?b=c"
)
DIRTY = "a\u202eb\u2066c\x07d\x85e"


def controls(message: Message) -> list[str]:
    """Return what Slack would take for a mention, a link or a date in the message."""
    found = re.findall(r"<([^<>]*)>", message.text)
    for part in _mrkdwn(list(message.blocks)):
        found += re.findall(r"<([^<>]*)>", part)
    return found


def _mrkdwn(part: Any) -> list[str]:
    if isinstance(part, list):
        return [text for each in part for text in _mrkdwn(each)]
    if not isinstance(part, dict):
        return []
    if part.get("type") == "mrkdwn":
        assert part.get("verbatim") is True
        return [part["text"]]
    return [text for each in part.values() for text in _mrkdwn(each)]


def links(part: Any) -> list[dict[str, Any]]:
    """Return the rich text elements that are links, mentions or the like."""
    if isinstance(part, list):
        return [element for each in part for element in links(each)]
    if not isinstance(part, dict):
        return []
    own = (
        [part] if part.get("type") in {"link", "user", "usergroup", "broadcast", "channel"} else []
    )
    return own + [element for each in part.values() for element in links(each)]


def check(message: Message) -> None:
    """Only our dates and the link to the request may be there; other links show their address.

    A copy in the card's thread calls the assignee before anything else is said.
    """
    found = controls(message)
    if message.channel == sample.TRIAGE and message.is_reply:
        assert message.text.startswith(f"<@{sample.BEN}> ")
        assert found.count(f"@{sample.BEN}") == 2  # in the text, and in the blocks
        found = [control for control in found if control != f"@{sample.BEN}"]
    for control in found:
        target, _, label = control.partition("|")
        ours = target.startswith(("!date^", "https://acme.slack.com/archives/"))
        assert ours or label in ("", target), control
        assert not target.startswith(("@", "#", "!channel", "!here", "!everyone"))
    for element in links(list(message.blocks)):
        assert element["type"] == "link"
        assert element.get("text", element["url"]) == element["url"]


async def everything(story: Story) -> list[Message]:
    """Return every message of the bot, after the last one was posted."""
    await story.settled()
    return [
        message
        for channel in story.sandbox.workspace.channels
        for message in story.sandbox.workspace.messages(channel)
        if message.bot_id == story.sandbox.workspace.bot_id
    ]


async def test_from_people(story: Story) -> None:
    """In names, messages, file names, titles, details, and the agent's own answers."""
    workspace = story.sandbox.workspace
    eve = workspace.add_person("eve", f"Eve {NASTY}"[:80], id="U0EVE000001").id
    workspace.invite(sample.HELP, eve)
    name = f"<!channel>|{DIRTY}*_.png\x00"
    asked = await story.posted(
        sample.HELP, f"{NASTY} {DIRTY}", user=eve, files=[File("F0EVIL0001", name, eve)]
    )
    card = await story.card(says="Reply draft")
    assert "From Eve &lt;!channel&gt;" in wording(card)
    await story.answer_by_hand(sample.BEN, card, f"Look: {NASTY} {DIRTY}")
    [_, sent] = await story.replies(sample.HELP, asked, 2)
    assert sent.text.startswith("Look: &lt;!channel&gt; &lt;!here&gt; &lt;@U0BEN000001&gt;")
    assert "<!channel> <!here> <@U0BEN000001>" in wording(sent)
    assert "abcde" in wording(sent)
    await story.people.slash(eve, sample.HELP, "/ticket", NASTY)
    await story.people.slash(eve, sample.HELP, "/ticket")
    await story.submit(eve, title=NASTY[:150], details=NASTY, email="eve@acme.example")
    await story.posted(sample.HELP, f"since: {NASTY}", user=eve, thread_ts=asked)
    await story.until(lambda: len(story.cards()) == 3)
    await story.choose(sample.BEN, story.cards()[2], "Not a ticket")
    await story.click(sample.BEN, story.cards()[1], "resolve")
    messages = await everything(story)
    assert len(messages) >= 7
    for message in messages:
        check(message)
    assert all(each.ok for each in story.sandbox.traffic.calls())


async def test_from_a_model(open_story: OpenStory, model: FakeOpenAI) -> None:
    fields = {
        "title": NASTY[:140] + "\n",
        "summary": f"{NASTY} {DIRTY}",
        "question": NASTY,
        "reply_draft": f"{NASTY} {DIRTY}\x00",
        "language": "e\u202en",
    }
    model.default = answer(lambda asked: {**triage(asked), **fields})
    story = await open_story(openai_base_url=model.base_url, openai_model="*m* <!here>")
    asked = await story.posted(sample.HELP, "cannot log in")
    card = await story.card(says="Reply draft")
    check(card)
    assert "<!channel> <!here>" in wording(card)  # as plain text
    assert "\u202e" not in wording(card)
    await story.click(sample.BEN, card, "approve")
    [_, sent] = await story.replies(sample.HELP, asked, 2)
    assert "*bold* _it_ ~gone~ `code`" in wording(sent)
    assert "abcde" in wording(sent)
    for message in await everything(story):
        check(message)


UNUSUAL = {
    ":fire: :fire:": "Request without text",
    "مرحبا، لا أستطيع تسجيل الدخول": "مرحبا، لا أستطيع تسجيل الدخول",
    "\u202e\u2066\u200f": "Request without text",
    "d\x00e\x07f": "Def",
    "👩‍👩‍👧 e\u0301": "👩‍👩‍👧",
    "line one\r\nline two": "Line one",
}


async def test_an_unusual_message_is_a_ticket_like_any_other(story: Story) -> None:
    """Emoji, right to left, only marks, control characters, combined ones, Windows' line ends."""
    for text in UNUSUAL:
        await story.posted(sample.HELP, text)
    await story.settled()
    cards = {int(card.text.split("#")[1].split()[0]): card for card in story.cards()}
    for number, shown in enumerate(UNUSUAL.values(), start=1):
        assert shown in wording(cards[number])
        assert cards[number].text.startswith(f"Ticket #{number} from Ana Alvarez: ")


async def test_forty_thousand_characters(story: Story) -> None:
    text = "I cannot log in. " * 2_352 + "The end"
    asked = await story.posted(sample.HELP, text)
    await story.card(says="Reply draft")
    await story.replies(sample.HELP, asked, 1)
    await story.settled()
    assert len(story.tickets()[0].raw_text) > 39_000
    assert story.said()[0].text.endswith("The end")
