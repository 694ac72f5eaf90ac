"""Incidents as a whole: the ticket that leads one, and what happens to all its cases at once."""
