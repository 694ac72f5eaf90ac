"""Certificates while they serve: the tags that people check, and how long each certificate holds."""
