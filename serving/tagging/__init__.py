"""Auto-tags for tickets that live in another helpdesk."""
