"""What a workspace is made of: people, channels, messages, files, user groups, views."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """A member of the workspace, or its bot user."""

    id: str
    name: str
    real_name: str
    email: str = ""
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_admin: bool = False
    is_bot: bool = False
    deleted: bool = False
    tz: str = "Europe/Berlin"
    locale: str = "en-US"


@dataclass(frozen=True)
class Channel:
    """A public or private channel, or a direct message between the bot and a person."""

    id: str
    name: str
    is_private: bool = False
    is_im: bool = False
    members: frozenset[str] = frozenset()
    is_archived: bool = False
    is_ext_shared: bool = False
    topic: str = ""
    created: int = 0

    @property
    def kind(self) -> str:
        """The `channel_type` of an event: `channel`, `group` or `im`."""
        if self.is_im:
            return "im"
        return "group" if self.is_private else "channel"


@dataclass(frozen=True)
class File:
    """An uploaded file; `content` is None until its bytes have arrived."""

    id: str
    name: str
    user: str
    mimetype: str = "application/octet-stream"
    content: bytes | None = None
    channels: frozenset[str] = frozenset()
    length: int = 0
    title: str = ""


@dataclass(frozen=True)
class Edited:
    """Who edited a message last, and when."""

    user: str
    ts: str


@dataclass(frozen=True)
class Message:
    """A message as it stands; an edit puts a new one in its place."""

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    metadata: Json | None = None
    files: tuple[File, ...] = ()
    reactions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    edited: Edited | None = None
    ephemeral_to: str | None = None
    is_broadcast: bool = False
    username: str | None = None
    inviter: str | None = None
    client_msg_id: str | None = None

    @property
    def all_blocks(self) -> list[Json]:
        """The message's own blocks and those of its attachments."""
        attached = [block for part in self.attachments for block in part.get("blocks", ())]
        return [*self.blocks, *attached]

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(frozen=True)
class Usergroup:
    """A user group such as @helpers."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...] = ()
    is_disabled: bool = False


@dataclass(frozen=True)
class View:
    """A modal or an App Home as one person sees it."""

    id: str
    user: str
    body: Json
    hash: str
    root_view_id: str
    previous_view_id: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def type(self) -> str:
        return str(self.body["type"])

    @property
    def blocks(self) -> list[Json]:
        return list(self.body["blocks"])


@dataclass(frozen=True)
class Change:
    """Something happened in the workspace: `kind` says what, the other fields to what.

    Kinds: `message`, `message_changed`, `message_deleted`, `ephemeral`, `reaction_added`,
    `reaction_removed`, `member_joined_channel`, `member_left_channel`, `person`, `channel`,
    `usergroup`, `file`, `view_opened`, `view_updated`, `view_closed`, `home_published`,
    `app_home_opened`.
    """

    kind: str
    channel: str | None = None
    user: str | None = None
    ts: str | None = None
    message: Message | None = None
    previous: Message | None = None
    view: View | None = None
    detail: str | None = None
    inviter: str | None = None
    usergroup: Usergroup | None = None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
