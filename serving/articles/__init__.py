"""Articles: storing and searching the knowledge base."""
