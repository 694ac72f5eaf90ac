"""What the knowledge base lacks, found in questions that it does not answer."""
