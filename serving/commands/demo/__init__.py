"""The sample's year as the history of a desk, for an empty home."""
