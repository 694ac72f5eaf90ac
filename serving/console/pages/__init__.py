"""Templates that rooms share."""
