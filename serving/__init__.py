"""HTTP, storage and integrations: the web process that a desk runs."""
