"""Everything that faces the outside: Slack, the command line, the local sandbox."""
