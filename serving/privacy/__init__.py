"""Erasing what a customer wrote: from the tables, the index, the files that training reads, and for good."""
