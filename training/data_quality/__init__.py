"""What is wrong with closed tickets: label errors, leaks, near-duplicates, drift; and what to label next."""
