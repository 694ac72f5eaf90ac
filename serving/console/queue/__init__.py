"""The console's room `/queue`."""
