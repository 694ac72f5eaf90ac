"""What answers really save: tickets of visitors who saw them, and of those who by chance did not."""
