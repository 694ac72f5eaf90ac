"""Every fit as a run: with what it was made, what came out, and how two of them compare."""
