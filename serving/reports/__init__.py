"""What the desk's own questions and tickets say about it."""
