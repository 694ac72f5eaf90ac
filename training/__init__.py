"""Refit from closed tickets: read, split, fit, calibrate, evaluate, export, promote.

Runs as its own process and passes bundles to `serving` as files; neither imports the other.
"""
