"""Views, modals and App Homes: https://docs.slack.dev/reference/views."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.blockkit.rules import Fields, Rule, boolean, mapping, problem, record, string
from bot.sandbox.blockkit.texts import TYPE, plain_text

# Serialised; https://docs.slack.dev/reference/methods/views.open, error view_too_large.
VIEW_BYTES = 250_000

_COMMON: Fields = {
    "private_metadata": string(3_000),
    "callback_id": string(255),
    "external_id": string(255),
}


def _submit_with_inputs(value: Any, at: str) -> Iterator[str]:
    blocks = value.get("blocks")
    kinds = [block.get("type") for block in blocks or () if isinstance(block, dict)]
    if "input" in kinds and not value.get("submit"):
        yield problem("missing required field: submit, as there are input blocks", at)


def _any(value: Any, at: str) -> Iterator[str]:  # noqa: ARG001 - the shape of a rule
    """`blocks` are checked on their own."""
    return iter(())


VIEWS: Mapping[str, Rule] = {
    "modal": record(
        {**TYPE, "title": plain_text(24), "blocks": _any},
        {
            **_COMMON,
            "submit": plain_text(24),
            "close": plain_text(24),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
            "state": mapping,
        },
        _submit_with_inputs,
    ),
    "home": record({**TYPE, "blocks": _any}, _COMMON),
}
