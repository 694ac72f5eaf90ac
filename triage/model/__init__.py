"""Model bundles: what is in one, when it is refused, and how its classifiers run. The numpy part of triage."""
