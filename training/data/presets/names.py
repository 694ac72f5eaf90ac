"""The helpdesks whose exports are known."""

from __future__ import annotations

from typing import Final

NAMES: Final = ("freshdesk", "hubspot", "intercom", "jira", "zammad", "zendesk")
