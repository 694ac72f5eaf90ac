"""What a desk's own closed tickets teach of ranking, beyond weights: read from a bundle, evaluated in numpy."""
