"""The widget that a site includes, and the demo page."""
