"""The form that says who will see a message before a ticket is made of it.

Its blocks show the message, and carry it: what becomes the ticket is what was shown.
"""

import json
from typing import Any

from slack_sdk.models.blocks import Block, PlainTextObject, SectionBlock
from slack_sdk.models.views import View

from bot import ids
from bot.blocks.text import SECTION_LIMIT, plain
from core.installation import Installation
from core.intake import Request, Source

SHOWN = "shown_"
# https://docs.slack.dev/reference/views
METADATA_LIMIT = 3_000


def form(request: Request, installation: Installation) -> View:
    """Return the form for that message."""
    text = request.text
    pieces = [text[at : at + SECTION_LIMIT] for at in range(0, len(text), SECTION_LIMIT)]
    return View(
        type="modal",
        callback_id=ids.MAKE_TICKET_FORM,
        title=plain("Make a ticket"),
        submit=plain("Make the ticket"),
        close=plain("Cancel"),
        private_metadata=_metadata(request),
        blocks=[
            SectionBlock(text=plain(_who_sees(request, installation))),
            *(_shown(number, piece) for number, piece in enumerate(pieces)),
        ],
    )


def _who_sees(request: Request, installation: Installation) -> str:
    if not request.private:
        return (
            "This was written in a private channel. If you make a ticket of it, all agents of the "
            "help desk can read this message and its thread, also those who are not in the channel."
        )
    readers = (
        "the agents who handle private tickets"
        if installation.private_triage_channel
        else "the agents of the help desk, each of whom may open it"
    )
    return (
        "This was written in a direct message. If you make a ticket of it, these people can read "
        f"this message, and its thread where I can read it myself: {readers}."
    )


def _shown(number: int, piece: str) -> Block:
    # Emoji as they are: Slack would give them back as their names.
    text = PlainTextObject(text=piece, emoji=False)
    return SectionBlock(block_id=f"{SHOWN}{number}", text=text)


def _metadata(request: Request) -> str:
    """What the blocks do not show. Files that find no room come with the thread."""
    facts = {
        "channel": request.channel,
        "root_ts": request.root_ts,
        "ts": request.ts,
        "requester": request.requester,
        "is_by_bot": request.is_by_bot,
        "private": request.private,
    }
    files: list[dict[str, Any]] = []
    for file in request.files:
        if len(json.dumps({**facts, "files": [*files, file]})) <= METADATA_LIMIT:
            files.append(dict(file))
    return json.dumps({**facts, "files": files})


def confirmed(view: dict[str, Any], *, user_id: str) -> Request:
    """Return the request that somebody confirmed."""
    facts = json.loads(view["private_metadata"])
    channel, root_ts = facts["channel"], facts["root_ts"]
    shown = [each for each in view["blocks"] if str(each["block_id"]).startswith(SHOWN)]
    return Request(
        source=Source.SHORTCUT,
        requester=facts["requester"],
        text="".join(_unescaped(each["text"]["text"]) for each in shown),
        channel=channel,
        root_ts=root_ts,
        ts=facts["ts"],
        files=facts["files"],
        external_id=f"{channel}:{root_ts}",
        actor=user_id,
        private=facts["private"],
        is_by_bot=facts["is_by_bot"],
    )


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
