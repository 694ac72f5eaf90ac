"""The audit: people answer for a few held-out tickets, until the risk of what a head applies is shown or refuted."""
