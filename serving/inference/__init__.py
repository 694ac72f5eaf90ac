"""The models and the article index that serve now, and how they are swapped."""
