"""The state of the workspace: who is in it and what has been said."""

import time
from collections import defaultdict
from dataclasses import replace
from typing import Any

from bot.sandbox.changes import Changes
from bot.sandbox.errors import SlackError
from bot.sandbox.ids import Timestamps, new_id
from bot.sandbox.records import Change, Channel, Edited, File, Json, Message, Person, Usergroup
from bot.sandbox.views import Views


class Workspace:
    """A team, its people, channels and messages, in memory.

    Every change is published on `changes` after it has happened. Methods that look something
    up raise SlackError with the error Slack would give.
    """

    def __init__(self, team_name: str = "Acme", team_id: str = "T0ACME00001") -> None:
        self.team_id = team_id
        self.team_name = team_name
        self.team_domain = team_name.lower().replace(" ", "-")
        self.app_id = "A0SANDBOX01"
        self.bot_id = "B0SANDBOX01"
        self.changes: Changes[Change] = Changes()
        self.timestamps = Timestamps()
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, Usergroup] = {}
        self.files: dict[str, File] = {}
        self.views = Views(self.changes)
        self._messages: dict[str, dict[str, Message]] = defaultdict(dict)
        self._replies: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.bot = self.add_person("ticketloop", "Ticketloop", id="U0BOT000001", is_bot=True)

    # People and channels

    def add_person(self, name: str, real_name: str = "", *, id: str = "", **facts: Any) -> Person:  # noqa: A002 - Slack's word
        """A new member; `facts` are the other fields of Person."""
        person = Person(id or new_id("U"), name, real_name or name.title(), **facts)
        return self.put_person(person)

    def put_person(self, person: Person) -> Person:
        """Add this person, or change what is known of them."""
        self.people[person.id] = person
        self.changes.publish(Change("person", user=person.id))
        return person

    def add_channel(
        self,
        name: str,
        *,
        id: str = "",  # noqa: A002 - Slack's word
        members: frozenset[str] | set[str] | tuple[str, ...] = (),
        **facts: Any,
    ) -> Channel:
        """A new channel; `facts` are the other fields of Channel. Nobody is told of members."""
        prefix = "D" if facts.get("is_im") else "C"
        channel = Channel(
            id or new_id(prefix),
            name,
            members=frozenset(members),
            created=int(time.time()),
            **facts,
        )
        return self.put_channel(channel)

    def put_channel(self, channel: Channel) -> Channel:
        """Add this channel, or change what is known of it."""
        self.channels[channel.id] = channel
        self.changes.publish(Change("channel", channel=channel.id))
        return channel

    def archive(self, channel: str) -> None:
        self.put_channel(replace(self.channel(channel), is_archived=True))

    def person(self, user: str) -> Person:
        """Raises SlackError `user_not_found`."""
        if user not in self.people:
            raise SlackError("user_not_found")
        return self.people[user]

    def channel(self, channel: str) -> Channel:
        """Raises SlackError `channel_not_found`."""
        if channel not in self.channels:
            raise SlackError("channel_not_found")
        return self.channels[channel]

    def channel_named(self, name: str) -> Channel:
        """By name, with or without the #. Raises SlackError `channel_not_found`."""
        wanted = name.removeprefix("#")
        for channel in self.channels.values():
            if channel.name == wanted and not channel.is_im:
                return channel
        raise SlackError("channel_not_found")

    def direct_message(self, user: str) -> Channel:
        """The direct message between the bot and this person, made when first asked for."""
        self.person(user)
        pair = frozenset({user, self.bot.id})
        for channel in self.channels.values():
            if channel.is_im and channel.members == pair:
                return channel
        return self.add_channel("", is_im=True, members=pair)

    def invite(self, channel: str, user: str, inviter: str | None = None) -> None:
        """Put a person (or the bot) into a channel; nothing happens when they are there."""
        place, person = self.channel(channel), self.person(user)
        if person.id in place.members:
            return
        self.channels[channel] = replace(place, members=place.members | {person.id})
        self.changes.publish(
            Change("member_joined_channel", channel=channel, user=user, inviter=inviter)
        )

    def join(self, channel: str, user: str, inviter: str | None = None) -> Message | None:
        """Invite, and say so in the channel as Slack does; None when they were there."""
        if user in self.channel(channel).members:
            return None
        self.invite(channel, user, inviter)
        text = f"<@{user}> has joined the channel"
        return self.post(channel, user, text, subtype="channel_join", inviter=inviter)

    def kick(self, channel: str, user: str) -> None:
        """Take a person (or the bot) out of a channel."""
        place = self.channel(channel)
        if user not in place.members:
            return
        # Published first: a bot that leaves is still told of its own going.
        self.changes.publish(Change("member_left_channel", channel=channel, user=user))
        self.channels[channel] = replace(place, members=place.members - {user})

    def put_usergroup(self, handle: str, users: tuple[str, ...], *, name: str = "") -> Usergroup:
        """Add a user group, or change who is in it."""
        known = next((group for group in self.usergroups.values() if group.handle == handle), None)
        before = known.users if known else ()
        group = Usergroup(known.id if known else new_id("S"), handle, name or handle, users)
        self.usergroups[group.id] = group
        self.changes.publish(
            Change(
                "usergroup",
                usergroup=group,
                added=tuple(user for user in users if user not in before),
                removed=tuple(user for user in before if user not in users),
            )
        )
        return group

    # Messages

    def post(self, channel: str, user: str, text: str, **facts: Any) -> Message:
        """A new message; `facts` are the other fields of Message.

        A reply whose parent is gone is posted at top level, as Slack does, without an error.
        """
        place = self.channel(channel)
        facts["thread_ts"] = self._root(place.id, facts.get("thread_ts"))
        message = Message(place.id, self.timestamps.next(), user, text, **facts)
        self._messages[channel][message.ts] = message
        if message.ephemeral_to is None and message.thread_ts:
            self._replies[channel, message.thread_ts].append(message.ts)
        kind = "ephemeral" if message.ephemeral_to else "message"
        self.changes.publish(Change(kind, channel, user, message.ts, message))
        return message

    def _root(self, channel: str, thread_ts: str | None) -> str | None:
        parent = self._messages[channel].get(thread_ts) if thread_ts else None
        if parent is None or parent.ephemeral_to:
            return None
        return parent.thread_ts or parent.ts

    def message(self, channel: str, ts: str) -> Message:
        """A message of the channel, ephemeral ones too. Raises SlackError `message_not_found`."""
        self.channel(channel)
        if ts not in self._messages[channel]:
            raise SlackError("message_not_found")
        return self._messages[channel][ts]

    def has_message(self, channel: str, ts: str) -> bool:
        return ts in self._messages[channel]

    def edit(self, channel: str, ts: str, user: str, **facts: Any) -> Message:
        """Change some fields of a message and mark it as edited."""
        previous = self.message(channel, ts)
        edited = Edited(user, self.timestamps.next())
        message = replace(previous, edited=edited, **facts)
        self._messages[channel][ts] = message
        self.changes.publish(
            Change("message_changed", channel, user, ts, message, previous=previous)
        )
        return message

    def delete(self, channel: str, ts: str) -> None:
        """Remove a message; its replies stay, without a parent."""
        message = self.message(channel, ts)
        del self._messages[channel][ts]
        if message.is_reply and message.thread_ts and message.ephemeral_to is None:
            self._replies[channel, message.thread_ts].remove(ts)
        self.changes.publish(Change("message_deleted", channel, message.user, ts, previous=message))

    def messages(self, channel: str) -> list[Message]:
        """All messages of the channel, oldest first, replies and ephemeral ones among them."""
        return list(self._messages[channel].values())

    def replies(self, channel: str, thread_ts: str) -> list[Message]:
        """The replies in a thread, oldest first, without the parent."""
        return [self._messages[channel][ts] for ts in self._replies[channel, thread_ts]]

    def react(self, channel: str, ts: str, user: str, name: str) -> None:
        """Raises SlackError `already_reacted`."""
        message = self.message(channel, ts)
        users = message.reactions.get(name, ())
        if user in users:
            raise SlackError("already_reacted")
        self._put_reactions(message, {**message.reactions, name: (*users, user)})
        self.changes.publish(Change("reaction_added", channel, user, ts, message, detail=name))

    def unreact(self, channel: str, ts: str, user: str, name: str) -> None:
        """Raises SlackError `no_reaction`."""
        message = self.message(channel, ts)
        users = message.reactions.get(name, ())
        if user not in users:
            raise SlackError("no_reaction")
        left = {**message.reactions, name: tuple(other for other in users if other != user)}
        self._put_reactions(message, {key: value for key, value in left.items() if value})
        self.changes.publish(Change("reaction_removed", channel, user, ts, message, detail=name))

    def _put_reactions(self, message: Message, reactions: dict[str, tuple[str, ...]]) -> None:
        self._messages[message.channel][message.ts] = replace(message, reactions=reactions)

    # Files

    def put_file(self, file: File) -> File:
        """Add a file, or change what is known of it."""
        self.files[file.id] = file
        self.changes.publish(Change("file", user=file.user, detail=file.id))
        return file

    def delete_file(self, file_id: str) -> None:
        """Delete a file everywhere; a message that was nothing but the file goes with it."""
        del self.files[file_id]
        for place in list(self._messages):
            for message in self.messages(place):
                left = tuple(file for file in message.files if file.id != file_id)
                if len(left) == len(message.files):
                    continue
                if left or message.text:
                    self.edit(place, message.ts, message.user, files=left)
                else:
                    self.delete(place, message.ts)

    def team(self) -> Json:
        """The `team` object of an interaction."""
        return {"id": self.team_id, "domain": self.team_domain}
