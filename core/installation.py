"""Where a desk works: one Slack workspace and the channels that it serves there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.modes import Rules
from storage.tables import Ticket


@dataclass(frozen=True)
class Installation:
    """One workspace of one deployment; the ids are Slack's but for ``workspace_id``.

    ``url`` is the workspace's address, with a slash at the end. ``intake_channels`` maps channel
    ids to names, ``private_channels`` are those that the bot was in at the start.
    ``enterprise_id`` is the organisation's where the workspace belongs to one.
    ``private_triage_channel`` is where the cards of private tickets stand, ``agent_usergroup``
    whose members the agents are, in place of the triage channel's.
    """

    workspace_id: int
    team_id: str
    bot_user_id: str
    triage_channel: str
    private_triage_channel: str | None = None
    intake_channels: Mapping[str, str] = field(default_factory=dict)
    url: str = "https://slack.com/"
    enterprise_id: str | None = None
    agent_usergroup: str | None = None
    private_channels: frozenset[str] = frozenset()
    rules: Rules = field(default_factory=Rules)

    def card_channel(self, *, private: bool) -> str:
        """Return where the card of such a ticket belongs."""
        return (self.private_triage_channel if private else None) or self.triage_channel

    def hides(self, ticket: Ticket) -> bool:
        """Whether the card stands where people read it who must not: it shows number and Open."""
        return ticket.private and self.private_triage_channel is None

    def must_move(self, ticket: Ticket) -> bool:
        """Whether the card stands, or is being posted, where it must not stay."""
        home = self.private_triage_channel if ticket.private else None
        return home is not None and ticket.card_channel != home

    def card_place(self, ticket: Ticket) -> str:
        """Return the channel in which the card stands, or into which it must go."""
        if self.must_move(ticket):
            return self.card_channel(private=True)
        return ticket.card_channel or self.triage_channel

    def card_link(self, ticket: Ticket) -> str | None:
        """Return the address of the ticket's card, or None as long as there is none."""
        if ticket.card_channel is None or ticket.card_ts is None:
            return None
        return self._address(ticket.card_channel, ticket.card_ts)

    def is_triage(self, channel: str) -> bool:
        """Whether cards stand in that channel, so that what people write there is for agents."""
        return channel in {self.triage_channel, self.private_triage_channel}

    def link(self, ticket: Ticket) -> str | None:
        """Return the address of the requester's thread, or None where agents cannot see one."""
        if ticket.channel is None or ticket.channel.startswith("D"):
            return None  # a direct message opens for its two people only
        return self.own_link(ticket)

    def own_link(self, ticket: Ticket) -> str | None:
        """Return the address of the ticket's thread for its requester, wherever it is."""
        if ticket.channel is None or ticket.root_ts is None:
            return None
        return self._address(ticket.channel, ticket.root_ts)

    def _address(self, channel: str, ts: str) -> str:
        return f"{self.url}archives/{channel}/p{ts.replace('.', '')}"
