"""How far a batch of triages is."""

from datetime import datetime

from humanize import precisedelta
from slack_sdk.models.blocks import SectionBlock

from bot.blocks.text import SlackMessage, mrkdwn
from storage.tables import Batch, BatchState

WIDTH = 20


def progress(batch: Batch) -> SlackMessage:
    """Return the message that stays in its place while the batch goes on, and tells of its end."""
    text = finished(batch) if batch.state is BatchState.DONE else _under_way(batch)
    return SlackMessage(text=text.replace("*", ""), blocks=[SectionBlock(text=mrkdwn(text))])


def _under_way(batch: Batch) -> str:
    through = batch.done + batch.failed
    bar = "█" * (filled := WIDTH * through // batch.total) + "░" * (WIDTH - filled)
    return f"*Batch {batch.id}* {bar} {through} of {so_many(batch.total)}{_failures(batch)}"


def finished(batch: Batch) -> str:
    """Return how it ended."""
    took = duration(batch.created_at, batch.finished_at or batch.created_at)
    return f"*Batch {batch.id} is done*: {batch.done} of {so_many(batch.total)} triaged" + (
        f"{_failures(batch)}, in {took}"
    )


def _failures(batch: Batch) -> str:
    return f", {batch.failed} failed"


def so_many(count: int) -> str:
    """Return that many tickets, in words."""
    return "1 ticket" if count == 1 else f"{count:,} tickets"


def duration(begun: datetime, ended: datetime) -> str:
    """Return how long it took, to a tenth of a second."""
    return precisedelta(ended - begun, minimum_unit="seconds", format="%0.1f")
