"""Tickets that were closed since the bundle was made."""
