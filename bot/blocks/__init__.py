"""Block Kit, built by pure functions: rows in, blocks out."""
