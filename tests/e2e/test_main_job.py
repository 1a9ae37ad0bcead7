"""The main job, as its people live it."""

from bot.sandbox import sample
from tests.e2e.conftest import over_both
from tests.e2e.story import Story, labels, menu, option, wording


@over_both
async def test_a_message_becomes_an_approved_answer(story: Story) -> None:
    """Ana asks, Ben approves the draft, Ana reads it and resolves."""
    asked = await story.posted(sample.HELP, "I can't log in since this morning")
    card = await story.card(says="Reply draft")
    [receipt] = await story.until(lambda: story.thread(sample.HELP, asked))
    assert "Ticket #1" in receipt.text
    assert "Ana Alvarez" in wording(card)
    assert labels(card) == ["Approve", "Reply", "Resolve"]
    assert menu(card) == ["Edit", "Regenerate", "Claim", "Not a ticket"]

    await story.click(sample.BEN, card, "approve")
    [_, answer] = await story.until(
        lambda: len(story.thread(sample.HELP, asked)) == 2 and story.thread(sample.HELP, asked)
    )
    assert "Ben Okafor" in answer.text
    assert "Which system or program is it about?" in wording(answer)
    card = await story.card(says="Sent:")
    assert labels(card) == ["Reply", "Resolve"]

    await story.click(sample.ANA, receipt, "resolve")
    card = await story.card(says="Resolved")
    assert "resolved by Ana Alvarez" in wording(card)
    assert labels(card) == ["Reopen"]
    assert len(card.blocks) == 2
    await story.settled()


async def test_claim_from_the_menu(story: Story) -> None:
    await story.posted(sample.HELP, "The printer on floor 3 is jammed")
    card = await story.card(says="Reply draft")
    await story.click(sample.CY, card, "more", value=option(card, "Claim"))
    await story.card(says="claimed by Cy Lindqvist")
