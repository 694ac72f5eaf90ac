"""Other policies, thresholds and holdouts tried on past tickets and sessions: what would have been otherwise."""
