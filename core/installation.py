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
    """

    workspace_id: int
    team_id: str
    bot_user_id: str
    triage_channel: str
    intake_channels: Mapping[str, str] = field(default_factory=dict)
    url: str = "https://slack.com/"
    enterprise_id: str | None = None
    private_triage_channel: str | None = None
    private_channels: frozenset[str] = frozenset()
    rules: Rules = field(default_factory=Rules)

    def is_triage(self, channel: str) -> bool:
        """Whether cards stand in that channel, so that what people write there is for agents."""
        return channel in {self.triage_channel, self.private_triage_channel}

    def link(self, ticket: Ticket) -> str | None:
        """Return the address of the requester's thread, or None where agents cannot see one."""
        if ticket.channel is None or ticket.root_ts is None or ticket.channel.startswith("D"):
            return None  # a direct message opens for its two people only
        return f"{self.url}archives/{ticket.channel}/p{ticket.root_ts.replace('.', '')}"
