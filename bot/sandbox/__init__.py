"""A small local Slack: as strict as Slack is, driven by the real Bolt over real sockets."""
