"""What stands where a secret was."""


def masked(what: str) -> str:
    """``[masked: password]`` for a password."""
    return f"[masked: {what}]"
