"""Charts as SVG, one module for the report of a refit and for the console."""
