"""Writing, comparing, migrating and evaluating model bundles."""
