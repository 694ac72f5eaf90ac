"""Cleaning of text, the same for training and serving, and redaction of personal data."""
