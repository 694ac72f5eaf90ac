"""Surveys: a signed link asks the customer, after a resolution, how the help was."""
