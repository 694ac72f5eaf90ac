"""What a new session keeps, and what a response says beside the answer."""
