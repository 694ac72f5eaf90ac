"""Migrations, named by number and content."""
