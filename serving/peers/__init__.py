"""What the worker processes of one service share besides the database: locks, metrics, and refusals of bundles."""
