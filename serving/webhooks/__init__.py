"""Outgoing webhooks: subscriptions, signatures, and retries by a published schedule."""
