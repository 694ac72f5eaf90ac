"""Which bundles may serve: what gates said of them, what they hold of erased customers, and who changed what."""
