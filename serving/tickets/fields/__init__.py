"""Declared fields of tickets."""
