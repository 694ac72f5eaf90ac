"""The knowledge base: articles in, articles found."""
