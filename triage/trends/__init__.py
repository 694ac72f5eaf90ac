"""Which themes of tickets grow or shrink, and which only seem to."""
