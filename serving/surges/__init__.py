"""Proposals of incidents: unusual bursts of tickets, put to a person while they grow."""
