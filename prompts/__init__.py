"""The prompt texts, one file a version."""
