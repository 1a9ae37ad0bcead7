"""``python -m bot`` is ``ticketloop``."""

from bot.cli import main

main()
