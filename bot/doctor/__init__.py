"""``ticketloop doctor``: what is wrong with a desk's surroundings, and what to do about it."""
