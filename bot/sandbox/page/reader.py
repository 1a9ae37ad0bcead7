"""The person who reads: how names, days and times look to them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.sandbox.records import Channel, Person
from bot.sandbox.workspace import Workspace


@dataclass(frozen=True)
class Reader:
    """Somebody in a workspace, by id."""

    workspace: Workspace
    user: str

    def person(self, user: str) -> str:
        """A mention of this person, `@Ana Alvarez`; the id of somebody unknown."""
        known = self.workspace.people.get(user)
        return f"@{known.real_name if known else user}"

    def channel(self, channel: str) -> str:
        """What a channel is called, `#help`."""
        known = self.workspace.channels.get(channel)
        return self.title(known) if known else f"#{channel}"

    def usergroup(self, usergroup: str) -> str:
        """A mention of this user group, `@helpers`."""
        known = self.workspace.usergroups.get(usergroup)
        return f"@{known.handle if known else usergroup}"

    def title(self, channel: Channel) -> str:
        """`#help`, or the bot's name for a direct message with it."""
        return self.workspace.bot.real_name if channel.is_im else f"#{channel.name}"

    @property
    def channels(self) -> list[Channel]:
        """Where the person is a member, by name, without direct messages."""
        mine = [
            channel
            for channel in self.workspace.channels.values()
            if self.user in channel.members and not channel.is_im
        ]
        return sorted(mine, key=lambda channel: channel.name)

    def moment(self, ts: str | int) -> datetime:
        """A message's timestamp (seconds since 1970) on the reader's clock."""
        zone = ZoneInfo(self.workspace.person(self.user).tz)
        return datetime.fromtimestamp(float(ts), UTC).astimezone(zone)

    def time(self, ts: str | int) -> str:
        return f"{self.moment(ts):%H:%M}"

    def when(self, ts: str | int) -> str:
        """`today at 09:12`, or the date where it is not near."""
        day = self.day(ts)
        near = day.lower() if day in ("Today", "Yesterday") else day
        return f"{near} at {self.time(ts)}"

    def day(self, ts: str | int) -> str:
        """`Today`, `Yesterday`, `Tomorrow` or the date."""
        return day_name(self.moment(ts).date(), datetime.now(self.moment(ts).tzinfo).date())


def day_name(day: date, today: date) -> str:
    """`Today` and its neighbours, `Monday, 3 August`, or with the year if it is another one."""
    if abs(day - today) <= timedelta(days=1):
        return {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}[(day - today).days]
    name = f"{day:%A}, {day.day} {day:%B}"
    return name if day.year == today.year else f"{name} {day.year}"


def role(person: Person, agents: frozenset[str]) -> str:
    """What a person is to the help desk, in a word or two."""
    if person.is_bot:
        return "App"
    if person.is_stranger:
        return "Other company"
    if person.is_restricted or person.is_ultra_restricted:
        return "Guest"
    if person.id in agents:
        return "Agent"
    return "Requester"
