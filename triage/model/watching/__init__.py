"""Watching a certificate while it serves: which applied tags a person checks, and what their answers prove."""
