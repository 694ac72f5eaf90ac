"""Web pages: the demo."""
