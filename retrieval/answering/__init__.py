"""From a question to an answer: ranking articles, deciding whether to answer, and quoting passages."""
