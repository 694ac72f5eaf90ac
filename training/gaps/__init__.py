"""The report on knowledge-base gaps from files, and the trial that proves it."""
