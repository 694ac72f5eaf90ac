"""Messages that need nobody: why, by the fields of a mail's header and by words of thanks."""
