"""What Slack says late, or with another clock."""

from datetime import timedelta

import aiohttp
from slack_sdk.models.blocks import SectionBlock
from slack_sdk.web.async_client import AsyncWebClient

from bot.blocks.text import SlackMessage, plain
from bot.posting import Poster
from bot.sandbox import sample
from bot.sandbox.server import Sandbox
from storage.tables import utcnow
from tests.chaos.checks import assert_at_rest
from tests.chaos.mortal import MortalStory
from tests.e2e.story import wording


async def test_a_name_that_comes_after_the_card(story: MortalStory) -> None:
    """The card waits for nobody's name, and shows it as soon as it is known."""
    await story.start()
    story.sandbox.faults.fail("users.info")
    await story.posted(sample.HELP, "The VPN is down")
    assert "Ana Alvarez" not in wording(await story.card(says="Reply draft"))
    await story.card(says="Ana Alvarez")
    await story.settled()
    assert_at_rest(story)


async def test_our_clock_is_ahead_of_slacks(sandbox: Sandbox) -> None:
    """An earlier try is found although Slack's clock says that it came before it began."""
    message = SlackMessage("hello", [SectionBlock(text=plain("hello"))])
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(sandbox.bot_token, base_url=sandbox.api_url, session=session)
        poster = Poster(client, on_unauthorised=lambda _: None)
        first = await poster.post(message, key="k", channel=sample.HELP)
        ahead = utcnow() + timedelta(seconds=45)
        again = await poster.post(message, key="k", channel=sample.HELP, look_since=ahead)
    assert again == first
    assert len(sandbox.workspace.messages(sample.HELP)) == 1
