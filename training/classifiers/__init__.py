"""Fitting the heads: features, estimators, and model selection."""
