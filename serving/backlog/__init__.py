"""The job backlog: list waiting, running and dead jobs; revive or drop dead ones."""
