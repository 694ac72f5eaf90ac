"""An article from a ticket: a draft of the agent's own words, for the knowledge manager."""
