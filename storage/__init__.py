"""Tables, sessions and queries. Synchronous; knows SQLAlchemy and nothing above it."""
