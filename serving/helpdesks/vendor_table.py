"""Table of helpdesk kinds: how their webhooks are read, and how a connection is made."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.port import Heard, Helpdesk, HelpdeskAdapter, Send
from serving.helpdesks.vendors import (
    chatwoot,
    django_helpdesk,
    freshdesk,
    hubspot,
    intercom,
    jira,
    rt,
    zammad,
    zendesk,
)
from serving.helpdesks.vendors import standard_webhooks as standard

HEARD: Mapping[str, Callable[[Any, Connection], Sequence[Heard]]] = {
    "chatwoot": chatwoot.heard,
    "django_helpdesk": django_helpdesk.heard,
    "freshdesk": freshdesk.heard,
    "hubspot": hubspot.heard,
    "intercom": intercom.heard,
    "jira": jira.heard,
    "rt": rt.heard,
    "standard": standard.heard,
    "zammad": zammad.heard,
    "zendesk": zendesk.heard,
}
KINDS: Mapping[str, type[HelpdeskAdapter]] = {
    "chatwoot": chatwoot.Chatwoot,
    "django_helpdesk": django_helpdesk.DjangoHelpdesk,
    "freshdesk": freshdesk.Freshdesk,
    "hubspot": hubspot.HubSpot,
    "intercom": intercom.Intercom,
    "jira": jira.Jira,
    "rt": rt.RequestTracker,
    "standard": standard.Standard,
    "zammad": zammad.Zammad,
    "zendesk": zendesk.Zendesk,
}


def desk(connection: Connection, send: Send) -> Helpdesk:
    """Return the desk of a connection, over what makes its calls."""
    found: Any = KINDS[connection.kind](connection, send)
    return found  # type: ignore[no-any-return]
