"""One adapter for each helpdesk."""
