"""Digests of manifests, and ed25519 signatures over them."""
