"""The arithmetic of a randomised holdout: who is in which arm, their difference, and what may be wrong."""
