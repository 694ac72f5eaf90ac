"""The desk's policies, and where a ticket goes and by when under them."""
