"""The gates that a bundle must pass before it serves."""
