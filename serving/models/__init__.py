"""Which model bundle serves, and loading another one."""
