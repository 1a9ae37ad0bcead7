"""``ticketloop init``: asks for what a desk needs, writes ``.env`` and has it looked at."""
