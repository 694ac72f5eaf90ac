"""Erase a customer's texts from tables, index and training files."""
