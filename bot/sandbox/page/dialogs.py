"""Questions that wait for an answer."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from bot.sandbox.page.prose import draw_text_object
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.tags import button, tag
from bot.sandbox.records import Json

_DELETION: Json = {
    "title": {"type": "plain_text", "text": "Delete message"},
    "text": {"type": "plain_text", "text": "Delete this message? This cannot be undone."},
    "confirm": {"type": "plain_text", "text": "Delete"},
    "style": "danger",
}


@contextmanager
def asking(title: str) -> Iterator[ui.dialog]:
    """A dialog that outlives the message it was opened from."""
    with ui.context.client, ui.dialog(value=True) as dialog:
        dialog.props["aria-label"] = title
        with tag("div", "tl-dialog"):
            tag("h2", "tl-dialog-title", title)
            yield dialog


async def confirmed(confirm: Json | None, reader: Reader) -> bool:
    """Ask what an element's `confirm` object asks; yes when it has none.

    https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object
    """
    if confirm is None:
        return True
    deny = (confirm.get("deny") or {"text": "Cancel"})["text"]
    style = "danger" if confirm.get("style") == "danger" else "primary"
    with asking(confirm["title"]["text"]) as dialog:
        draw_text_object(confirm["text"], reader)
        with tag("div", "tl-dialog-buttons"):
            button("tl-button", lambda: dialog.submit(False), deny)
            button(f"tl-button tl-{style}", lambda: dialog.submit(True), confirm["confirm"]["text"])
    answer = await dialog
    dialog.delete()
    return bool(answer)


async def deletion_confirmed(reader: Reader) -> bool:
    return await confirmed(_DELETION, reader)


async def edited(text: str) -> str | None:
    """The text as the person changed it; None when they thought better of it."""
    with asking("Edit message") as dialog:
        field = ui.textarea(value=text).props("outlined dense autogrow autofocus")
        field.classes("tl-field").props["aria-label"] = "Message text"
        with tag("div", "tl-dialog-buttons"):
            button("tl-button", lambda: dialog.submit(None), "Cancel")
            button("tl-button tl-primary", lambda: dialog.submit(field.value), "Save changes")
    answer = await dialog
    dialog.delete()
    return None if answer is None else str(answer)
