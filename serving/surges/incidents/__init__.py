"""Incidents that a person opens by hand, and who was told of an incident."""
