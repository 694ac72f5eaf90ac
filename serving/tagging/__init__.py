"""Auto-tags for tickets of another helpdesk."""
