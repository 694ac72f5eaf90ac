"""What later messages do to a ticket: those that need nobody, and those after which it is tagged anew."""
