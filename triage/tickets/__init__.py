"""The ticket: what may happen to it, how it is escalated, and what it teaches once it is closed."""
