"""Model bundles: their content, checks, and running their classifiers. The numpy part of triage."""
