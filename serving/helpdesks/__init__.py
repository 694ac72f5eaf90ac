"""Other people's helpdesks: tickets come in by their webhooks, go out through one port, and come home when closed."""
