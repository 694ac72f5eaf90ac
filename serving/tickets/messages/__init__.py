"""Messages to tickets: which need nobody, and after which a ticket is tagged anew."""
