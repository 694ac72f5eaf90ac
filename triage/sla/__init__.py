"""Deadlines: policies, calendars, and the two clocks of a ticket, computed as a pure function of its events."""
