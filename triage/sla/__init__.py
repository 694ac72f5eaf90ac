"""Deadlines: policies, calendars, and contract and target deadlines, as a pure function of a ticket's events."""
