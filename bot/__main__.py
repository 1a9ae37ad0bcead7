"""``ticketloop``, and ``python -m bot``."""


def main() -> None:
    """Load the commands and run one. Ctrl-C ends the loading, too, without a traceback."""
    try:
        from bot import cli  # noqa: PLC0415 - what is interrupted is this, for a second

        cli.main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
