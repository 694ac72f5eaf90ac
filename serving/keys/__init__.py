"""API keys, kept as hashes in a file or a table."""
