"""Connections to other helpdesks: tickets come in by webhook, go out through one port, and return when closed."""
