"""Heads of which a ticket has any number of labels, such as tags: what the manifest keeps, and how they are run."""
