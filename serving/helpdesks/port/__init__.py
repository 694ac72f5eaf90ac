"""What every helpdesk adapter shares: the port, payload reading, signatures, and bounded calls."""
