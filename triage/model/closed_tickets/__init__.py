"""The closed tickets that a bundle carries: few of them in memory, many in mapped files."""
