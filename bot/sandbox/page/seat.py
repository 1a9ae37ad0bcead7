"""A browser tab: who acts in it, what they look at, and what they were told went wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.sandbox.changes import Changes
from bot.sandbox.errors import RefusedError, SlackError
from bot.sandbox.outcomes import Outcome
from bot.sandbox.page.links import address
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.reading import Reading
from bot.sandbox.records import Channel, Person
from bot.sandbox.server import Sandbox


class Seat:
    """Whoever sits here sees the workspace as `user`. Says on `changes` when it looks elsewhere.

    `tab` is `home` or `messages` where the channel is the app's; `notice` is the newest error.
    `news` and `thread_news` are what was unread first when the channel and the thread were opened.
    """

    def __init__(self, sandbox: Sandbox, reading: Reading, first: str) -> None:
        """`first` names the channel that people see first."""
        self.sandbox = sandbox
        self.reading = reading
        self.changes: Changes[None] = Changes()
        self.user = self.people[0].id
        self._first = first
        self._left: dict[str, tuple[str, str | None]] = {}
        self.look_at(self._place(first))

    def sit_down(self, person: str, channel: str, thread: str) -> None:
        """Act as the person, before the channel (both by name) and the thread.

        Where there is no such person, channel or thread, the first will do, or none.
        """
        self.user = next((one.id for one in self.people if one.name == person), self.user)
        place = self._place(channel)
        has_thread = self.sandbox.workspace.has_message(place, thread)
        self.look_at(place, thread if has_thread else None)

    @property
    def reader(self) -> Reader:
        return Reader(self.sandbox.workspace, self.user)

    @property
    def people(self) -> list[Person]:
        """Everybody one can act as."""
        people = self.sandbox.workspace.people.values()
        return [person for person in people if not (person.is_bot or person.deleted)]

    @property
    def place(self) -> Channel:
        return self.sandbox.workspace.channel(self.channel)

    @property
    def places(self) -> list[Channel]:
        """The person's channels, and the app's direct message."""
        return [*self.reader.channels, self.sandbox.workspace.direct_message(self.user)]

    @property
    def address(self) -> str:
        """Where this very view can be opened again."""
        return address(self.reader, self.channel, self.thread)

    def _place(self, name: str) -> str:
        """The channel of that name if the person is in it, else the first they are in."""
        mine = {channel.name: channel.id for channel in self.reader.channels}
        workspace = self.sandbox.workspace
        if not mine or name == workspace.bot.name:
            return workspace.direct_message(self.user).id
        return mine.get(name) or mine.get(self._first) or next(iter(mine.values()))

    # Looking around

    def act_as(self, user: str) -> None:
        """Change places: to what that person saw last, else the same channel if it is theirs.

        A form stays with whoever had it before them: it is closed. What the other one has open
        in another tab stays.
        """
        self._left[self.user] = self.channel, self.thread
        self.sandbox.workspace.views.clear(self.user)
        name = self.sandbox.workspace.bot.name if self.place.is_im else self.place.name
        self.user = user
        channel, thread = self._left.get(user) or (self._place(name), None)
        self.look_at(channel, thread)

    def look_at(self, channel: str, thread: str | None = None) -> None:
        self.channel, self.tab = channel, "messages"
        self.notice: str | None = None
        self.news = self.reading.first_new(self.user, channel)
        self.look_into(thread)

    def look_into(self, thread: str | None) -> None:
        """Open a thread beside the channel, or close it."""
        self.thread = thread
        self.thread_news = self.reading.first_new(self.user, self.channel, thread)
        self.changes.publish(None)

    async def open_app(self, tab: str) -> None:
        """Open the app's own place, and let the app know, as Slack does."""
        self.look_at(self.sandbox.workspace.direct_message(self.user).id)
        self.tab = tab
        self.changes.publish(None)
        await self.attempt(self.sandbox.people.open_home(self.user, tab))

    def settle(self) -> None:
        """Leave a channel the person is no longer in; what lies open counts as read."""
        if self.user not in self.place.members:
            self.channel, self.thread = self._place(""), None
        self.reading.mark(self.user, self.channel)
        if self.thread:
            self.reading.mark(self.user, self.channel, self.thread)

    # Doing something

    async def attempt(
        self, doing: Awaitable[Outcome], failed: Callable[[str], str] | None = None
    ) -> Outcome:
        """Do it; what Slack's client refuses, or the app fails to answer, becomes the notice.

        `failed` puts the error into a sentence. It is not said to whoever
        acts by then, nor in another channel.
        """
        self.tell(None)
        before = self.user, self.channel
        try:
            outcome = await doing
        except RefusedError as refused:
            return self._failed(Outcome(error=str(refused)), "{}".format, before)
        except SlackError as refused:
            return self._failed(Outcome(error=refused.error), failed, before)
        return self._failed(outcome, failed, before) if outcome.error else outcome

    def _failed(
        self, outcome: Outcome, sentence: Callable[[str], str] | None, before: tuple[str, str]
    ) -> Outcome:
        error = outcome.error or ""
        text = sentence(error) if sentence else self._did_not_answer(error)
        if before == (self.user, self.channel):
            self.tell(text[:1].upper() + text[1:])
        return replace(outcome, error=text)

    def _did_not_answer(self, error: str) -> str:
        app = self.sandbox.workspace.bot.real_name
        return f"{app} did not answer as it should: “{error}”. Try again?"

    def tell(self, notice: str | None) -> None:
        """Show a notice, or take it away."""
        if notice != self.notice:
            self.notice = notice
            self.changes.publish(None)
