"""The report of a refit: one HTML page and a few lines for the terminal."""
