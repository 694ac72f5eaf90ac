"""Live memory: tickets that are closed vote for what solved them before the next bundle is made."""
