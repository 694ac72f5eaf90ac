"""Wiring of the console's settings."""

from serving.console.settings.change_pages import ChangePages
from serving.console.settings.endpoints import SettingPages
from serving.console.settings.helpdesk_pages import HelpdeskPages
from serving.console.settings.job_pages import JobPages
from serving.console.settings.key_pages import KeyPages
from serving.console.settings.policy_pages import PolicyPages
from serving.console.settings.replay_pages import ReplayPages
from serving.console.settings.webhook_pages import WebhookPages
from serving.context import Context, Slice
from serving.helpdesks.port.connections import read


def wire(context: Context) -> Slice:
    """Return the room."""
    return Slice(
        handlers=[SettingPages, KeyPages, WebhookPages, HelpdeskPages, PolicyPages, ReplayPages, JobPages, ChangePages],
        dependencies={"connected": read(context.settings.helpdesks, *context.policies.helpdesk_names)},
    )
