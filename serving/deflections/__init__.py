"""Questions answered from the knowledge base, or handed to a person."""
