"""The console's room `/`."""
