"""Forms that were submitted."""
