"""The console's room `/models`."""
