"""Fit, measure and compare heads of which a ticket has any number of labels."""
