"""Watching the certificates of the live bundle: which tags a person checks, and what the answers end."""
