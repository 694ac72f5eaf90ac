"""The commands of `firstline-train`, a module for each group."""
