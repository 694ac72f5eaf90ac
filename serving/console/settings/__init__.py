"""The console's room `/settings`."""
