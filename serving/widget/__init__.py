"""Pages that a person sees."""
