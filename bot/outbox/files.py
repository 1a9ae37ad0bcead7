"""Files that agents cannot open where they were posted: uploaded again to the card's thread."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.blocks.files import left_out
from bot.outbox.office import Office, tried_since
from bot.posting import FileGone
from core import files, mirrors
from core.errors import Permanent, Transient
from core.mirrors import Mirrored
from storage.tables import Job

# Bytes of a file; it is held in memory on its way.
LIMIT = 20 * 1024 * 1024
CHUNK = 64 * 1024
TIMEOUT = aiohttp.ClientTimeout(total=120)
OK, TOO_MANY_REQUESTS, SERVER_ERROR = 200, 429, 500
TOO_LARGE = "it is larger than 20 MB"


async def copy(office: Office, job: Job) -> None:
    """Copy a message's files into the thread of its ticket's card; say there which are missing."""
    shown = await office.desk.read(
        mirrors.of_message,
        installation=office.installation,
        message_id=job.payload["message_id"],
    )
    ticket, message = shown.ticket, shown.message
    if not message.files or office.installation.hides(ticket):
        return
    if not await _is_hidden(office, message.channel or ""):
        return
    if office.installation.must_move(ticket):
        raise Transient("the card, in whose thread they belong, is being moved", retry_after=0.5)
    if ticket.card_ts is None or ticket.card_channel is None:
        raise Transient("the card, in whose thread they belong, is not posted yet")
    missing: list[tuple[Mapping[str, Any], str]] = []
    for file in message.files:
        try:
            await _copy(office, shown, str(file["id"]), since=tried_since(job))
        except Permanent as why:
            missing.append((file, str(why)))
    if missing:
        await office.poster.post(
            left_out(missing),
            key=job.message_key,
            channel=ticket.card_channel,
            thread_ts=ticket.card_ts,
            look_since=tried_since(job),
        )


async def _is_hidden(office: Office, channel: str) -> bool:
    """Whether only its members see what is posted there."""
    if channel.startswith("D"):
        return True
    try:
        found = await office.poster.call(office.client.conversations_info, channel=channel)
    except Permanent:  # not even the bot sees it
        return True
    return bool(found["channel"].get("is_private"))


async def _copy(office: Office, shown: Mirrored, file_id: str, *, since: datetime | None) -> None:
    """Copy one file, unless an earlier try did since then.

    Raises:
        Permanent: it cannot be copied; the text says why.
    """
    poster, client, ticket = office.poster, office.client, shown.ticket
    earlier = shown.message.file_copies.get(file_id)
    if earlier is not None and await _stands(office, earlier, str(ticket.card_channel)):
        return
    try:
        source = (await poster.call(client.files_info, file=file_id))["file"]
    except FileGone:
        raise Permanent("it was deleted") from None
    if earlier is None and since is not None and await _is_found(office, shown, source, since):
        return
    content = await _download(office, source)
    name = str(source.get("name") or "file")
    upload = await poster.call(
        client.files_getUploadURLExternal, filename=name, length=len(content)
    )
    may_appear = await office.desk.run(
        files.begun,
        installation=office.installation,
        message_id=shown.message.id,
        file_id=file_id,
        copy_id=str(upload["file_id"]),
        card_ts=str(ticket.card_ts),
    )
    if not may_appear:
        return
    await _upload(office, str(upload["upload_url"]), content)
    await poster.call(
        client.files_completeUploadExternal,
        files=[{"id": upload["file_id"], "title": str(source.get("title") or name)}],
        channel_id=ticket.card_channel,
        thread_ts=ticket.card_ts,
    )


async def _is_found(
    office: Office, shown: Mirrored, source: Mapping[str, Any], since: datetime
) -> bool:
    """Whether the copy stands below the card although its id is not known: see ``files.found``.

    Nothing else tells it there but its name and its size.
    """
    ticket = shown.ticket
    posted = await office.poster.find_files(
        channel=str(ticket.card_channel),
        thread_ts=str(ticket.card_ts),
        since=since,
        user_id=office.installation.bot_user_id,
    )
    alike = [
        str(file["id"])
        for file in posted
        if (file.get("name"), file.get("size")) == (source.get("name"), source.get("size"))
    ]
    return bool(alike) and await office.desk.run(
        files.found,
        installation=office.installation,
        message_id=shown.message.id,
        file_id=str(source["id"]),
        candidates=alike,
    )


async def _stands(office: Office, copy_id: str, channel: str) -> bool:
    """Whether an earlier try came so far that the copy is to be seen.

    https://docs.slack.dev/reference/objects/file-object
    """
    try:
        found = (await office.poster.call(office.client.files_info, file=copy_id))["file"]
    except FileGone:
        return False
    shares = found.get("shares", {})
    return any(
        channel in places
        for places in (
            found.get("channels", ()),
            found.get("groups", ()),
            shares.get("public", ()),
            shares.get("private", ()),
        )
    )


async def _download(office: Office, source: dict[str, Any]) -> bytes:
    """Fetch the file's bytes, no more than ``LIMIT``, whatever Slack says its size is."""
    if source.get("is_external"):
        raise Permanent("it is kept outside Slack")
    if not source.get("size"):
        raise Permanent("it is empty")
    if source["size"] > LIMIT:
        raise Permanent(TOO_LARGE)
    url = str(source.get("url_private") or "")
    if not is_slacks(url, office.settings.slack_api_url):
        raise Permanent("its address is not Slack's")
    token = office.settings.slack_bot_token.get_secret_value()
    content = bytearray()
    try:
        async with office.session.get(
            url,
            headers={"Authorization": f"Bearer {token}"},
            allow_redirects=False,
            timeout=TIMEOUT,
        ) as response:
            _check(response)
            # Who may not read a file is shown a page to sign in, with status 200.
            if response.content_type == "text/html" != source.get("mimetype"):
                raise Permanent("Slack does not let the bot read it")
            async for chunk in response.content.iter_chunked(CHUNK):
                content += chunk
                if len(content) > LIMIT:
                    raise Permanent(TOO_LARGE)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Transient(f"the file did not come ({type(error).__name__})") from error
    return bytes(content)


async def _upload(office: Office, url: str, content: bytes) -> None:
    if not is_slacks(url, office.settings.slack_api_url):
        raise Permanent("the address for its upload is not Slack's")
    try:
        async with office.session.post(url, data=content, timeout=TIMEOUT) as response:
            _check(response)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Transient(f"the upload was broken off ({type(error).__name__})") from error


def _check(response: aiohttp.ClientResponse) -> None:
    status = response.status
    if status == TOO_MANY_REQUESTS or status >= SERVER_ERROR:
        raise Transient(f"Slack answered with status {status}")
    if status != OK:
        raise Permanent(f"Slack answered with status {status}")


def is_slacks(url: str, api_url: str) -> bool:
    """Whether the bot's token may be sent to that address."""
    address, api = urlsplit(url), urlsplit(api_url)
    host = address.hostname or ""
    if address.scheme == "https" and (
        host in {"files.slack.com", "slack-files.com"} or host.endswith(".slack-files.com")
    ):
        return True
    return (address.scheme, address.netloc) == (api.scheme, api.netloc)


async def delete(office: Office, job: Job) -> None:
    """Delete copies whose originals are gone: all that can be, then say what cannot."""
    problems = []
    for copy_id in job.payload["copies"]:
        try:
            await office.poster.call(office.client.files_delete, file=copy_id)
        except FileGone:
            continue
        except Permanent as why:
            problems.append(str(why))
    if problems:
        raise Permanent(problems[0])
