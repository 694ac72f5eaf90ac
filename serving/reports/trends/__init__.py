"""Themes of tickets that grow or shrink: the report, as JSON, CSV and Markdown, and the weekly digest."""
