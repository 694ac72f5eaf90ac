"""What closed tickets teach about answering: link trust, the ranker, and the decision to answer."""
