"""`firstline serve` with several worker processes: the parent that starts, replaces and ends them, and a worker."""
