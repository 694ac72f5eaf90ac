"""Schema migrations: one file per step, each with its downgrade."""
