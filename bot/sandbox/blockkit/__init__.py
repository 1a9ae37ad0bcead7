"""Block Kit: checks blocks and views as strictly as Slack, and fills in the ids Slack fills in."""

import json
from collections.abc import Iterator
from typing import Any

from bot.sandbox.blockkit.blocks import BLOCKS, LIMITS, SURFACES, Surface
from bot.sandbox.blockkit.elements import HAVE_ACTION_ID
from bot.sandbox.blockkit.rules import array, by_type, problem
from bot.sandbox.blockkit.views import VIEW_BYTES, VIEWS
from bot.sandbox.errors import SlackError
from bot.sandbox.ids import new_block_id
from bot.sandbox.records import Json


def block_problems(blocks: Any, surface: Surface) -> list[str]:
    """What Slack would object to, each with its place; empty when all is well."""
    rule = array(by_type(BLOCKS, *SURFACES[surface]), most=LIMITS[surface])
    return [*rule(blocks, "/blocks"), *_repeated_block_ids(blocks), *_surplus(blocks)]


def check_blocks(blocks: list[Json], surface: Surface) -> list[Json]:
    """The blocks with missing ids filled in. Raises SlackError `invalid_blocks`."""
    if problems := block_problems(blocks, surface):
        raise SlackError(
            "invalid_blocks", errors=problems, response_metadata={"messages": problems}
        )
    return [_with_ids(block) for block in blocks]


def check_view(view: Json) -> Json:
    """The view with missing ids filled in.

    Raises SlackError `invalid_arguments` (what Slack says of a view's blocks, too) or
    `view_too_large`.
    """
    problems = list(by_type(VIEWS)(view, "/view"))
    if not problems:
        found = block_problems(view["blocks"], view["type"])
        problems = [message.replace("[json-pointer:", "[json-pointer:/view") for message in found]
    if problems:
        raise SlackError("invalid_arguments", response_metadata={"messages": problems})
    if len(json.dumps(view).encode()) > VIEW_BYTES:
        raise SlackError("view_too_large")
    return view | {"blocks": [_with_ids(block) for block in view["blocks"]]}


def _repeated_block_ids(blocks: Any) -> Iterator[str]:
    seen: set[str] = set()
    for index, block in enumerate(blocks if isinstance(blocks, list) else ()):
        block_id = block.get("block_id") if isinstance(block, dict) else None
        if not isinstance(block_id, str):
            continue
        if block_id in seen:
            yield problem(f"`block_id` {block_id!r} already exists", f"/blocks/{index}/block_id")
        seen.add(block_id)


def _surplus(blocks: Any) -> Iterator[str]:
    """One table and two charts a message, and 12,000 characters in all its markdown blocks."""
    known = (
        [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    )
    kinds = [block.get("type") for block in known]
    if kinds.count("table") > 1:
        yield problem("only one table is allowed", "/blocks")
    if kinds.count("data_visualization") > 2:
        yield problem("no more than two charts allowed", "/blocks")
    texts = [block.get("text") for block in known if block.get("type") == "markdown"]
    if sum(len(text) for text in texts if isinstance(text, str)) > 12_000:
        yield problem("markdown must be less than 12001 characters in all", "/blocks")


def _with_ids(block: Json) -> Json:
    return {"block_id": new_block_id()} | {
        key: _with_action_ids(value) for key, value in block.items()
    }


def _with_action_ids(part: Any) -> Any:
    if isinstance(part, list):
        return [_with_action_ids(item) for item in part]
    if not isinstance(part, dict):
        return part
    filled = {key: _with_action_ids(value) for key, value in part.items()}
    if part.get("type") in HAVE_ACTION_ID and "action_id" not in part:
        filled["action_id"] = new_block_id()
    return filled
