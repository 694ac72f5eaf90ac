"""The commands of `firstline`, a module for each group."""
