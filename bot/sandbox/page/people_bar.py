"""The bar at the top: who can be played, and who is."""

from dataclasses import dataclass

from nicegui.element import Element

from bot.sandbox.page.avatar import draw_avatar
from bot.sandbox.page.pane import Buttons
from bot.sandbox.page.reader import Reader, role
from bot.sandbox.page.seat import Seat
from bot.sandbox.page.tags import button, tag
from bot.sandbox.records import Person


@dataclass(frozen=True)
class Player:
    """Somebody to act as."""

    person: Person
    role: str
    unread: int
    is_acting: bool


class PeopleBar:
    """One button a person; `agents` names the channel whose members are called agents."""

    def __init__(self, seat: Seat, agents: str) -> None:
        self._seat = seat
        self._agents = agents
        with tag("div", "tl-people", role="group", aria_label="Act as"):
            tag("span", "tl-people-title", "Act as", aria_hidden="true")
            self._buttons = Buttons(tag("div", "tl-players"), self._button, _draw)

    def refresh(self) -> None:
        self._buttons.show({player.person.id: player for player in self._players()})

    def _players(self) -> list[Player]:
        channels = self._seat.sandbox.workspace.channels.values()
        agents = frozenset[str]().union(
            *(channel.members for channel in channels if channel.name == self._agents)
        )
        return [
            Player(
                person,
                role(person, agents),
                self._unread(person.id),
                is_acting=person.id == self._seat.user,
            )
            for person in self._seat.people
        ]

    def _unread(self, user: str) -> int:
        workspace = self._seat.sandbox.workspace
        places = [*Reader(workspace, user).channels, workspace.direct_message(user)]
        return sum(self._seat.reading.unread(user, place.id) for place in places)

    def _button(self, player: Player) -> Element:
        return button("tl-player", lambda: self._seat.act_as(player.person.id))


def _draw(face: Element, player: Player) -> None:
    person, kind = player.person, player.role.partition(" ")[0].lower()
    news = f", {player.unread} unread" if player.unread else ""
    face.classes(replace="tl-player tl-acting" if player.is_acting else "tl-player")
    face.props["aria-label"] = f"Act as {person.real_name}, {player.role}{news}"
    face.props["aria-pressed"] = "true" if player.is_acting else "false"
    draw_avatar(person, css="tl-small")
    with tag("span", "tl-player-words"):
        tag("span", "tl-player-name", person.real_name.partition(" ")[0])
        tag("span", f"tl-role tl-role-{kind}", player.role)
    if player.unread:
        tag("span", "tl-badge", str(player.unread))
