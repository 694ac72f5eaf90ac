"""What one closed question teaches: how far its links are believed, and what its resolution reads like."""
