"""Closed tickets and public datasets: reading, splitting, and correcting labels."""
