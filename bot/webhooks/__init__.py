"""Webhooks: events, signed and sent over HTTP to whoever asked for them."""
