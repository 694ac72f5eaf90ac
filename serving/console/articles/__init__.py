"""The console's room `/articles`."""
