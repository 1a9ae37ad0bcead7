"""Every query, named for the question that it answers."""
