"""`/incidents` of the console: bursts of tickets that may be incidents."""
