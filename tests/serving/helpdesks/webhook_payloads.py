"""What desks send of a new case, written from the shapes that their documentation gives."""

from __future__ import annotations

from typing import Any

ZENDESK: Any = {
    "type": "zen:event-type:ticket.created",
    "account_id": 12514403,
    "id": "2b24ef10-19fc-4d8e-bc92-2a4ac6d2d2a0",
    "time": "2026-03-02T09:59:58.021Z",
    "zendesk_event_version": "2022-11-06",
    "subject": "zen:ticket:35436",
    "detail": {
        "id": "35436",
        "subject": "Export is empty",
        "description": "All of them.",
        "external_id": None,
        "priority": None,
        "requester_id": "8447388090494",
        "status": "NEW",
        "tags": None,
        "via": {"channel": "web_service"},
    },
    "event": {},
}
ZENDESK_TRIGGER: Any = {
    "ticket": {
        "id": 35436,
        "title": "Export is empty",
        "description": "All of them.",
        "requester_email": "ann@acme.example",
        "via": "Mail",
        "external_id": "",
    }
}
FRESHDESK: Any = {
    "freshdesk_webhook": {
        "triggered_event": "{ticket_action:created}",
        "ticket_id": "11",
        "ticket_url": "https://acme.freshdesk.example/helpdesk/tickets/11",
        "ticket_subject": "Export is empty",
        "ticket_description": "<div>All of <b>them</b>.</div>",
        "ticket_status": "Open",
        "ticket_priority": "Low",
        "ticket_source": "Email",
        "requester_name": "Ann",
        "requester_email": "ann@acme.example",
    }
}
ZAMMAD: Any = {
    "ticket": {
        "id": 81,
        "number": "10081",
        "title": "Export is empty",
        "priority": {"id": 2, "name": "2 normal"},
        "group": {"name": "Support"},
        "customer": {"email": "ann@acme.example", "firstname": "Ann"},
        "owner": None,
        "organization": None,
        "created_at": "2026-03-02T09:59:58.021Z",
        "article_count": 1,
        "close_escalation_at": None,
    },
    "article": {
        "id": 104,
        "body": "<p>All of <i>them</i>.</p>",
        "content_type": "text/html",
        "type": "email",
        "sender": "Customer",
        "from": "Ann <ann@acme.example>",
        "internal": False,
        "attachments": [],
    },
}
CHATWOOT: Any = {
    "event": "message_created",
    "id": 901,
    "content": "Export is empty",
    "content_type": "text",
    "message_type": "incoming",
    "private": False,
    "created_at": "2026-03-02T09:59:58.021Z",
    "source_id": None,
    "sender": {"id": 5, "name": "Ann", "email": "ann@acme.example", "type": "contact"},
    "conversation": {"id": 44, "status": "pending", "priority": None, "channel": "Channel::WebWidget", "labels": []},
    "account": {"id": 7, "name": "Acme"},
    "inbox": {"id": 3, "name": "Site"},
}
INTERCOM: Any = {
    "type": "notification_event",
    "app_id": "abc",
    "id": "notif_1",
    "topic": "ticket.created",
    "data": {
        "type": "notification_event_data",
        "item": {
            "type": "ticket",
            "id": "215",
            "ticket_id": "12",
            "ticket_attributes": {"_default_title_": "Export is empty", "_default_description_": "<p>All of them.</p>"},
            "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "6", "external_id": "7"}]},
            "admin_assignee_id": 0,
            "open": True,
            "created_at": 1772445598,
        },
    },
    "delivery_attempts": 1,
    "first_sent_at": 1772445599,
}
INTERCOM_CONVERSATION: Any = {
    "type": "notification_event",
    "id": "notif_2",
    "topic": "conversation.user.created",
    "data": {
        "item": {
            "type": "conversation",
            "id": "88",
            "created_at": 1772445598,
            "source": {
                "type": "email",
                "subject": "Export",
                "body": "<p>Empty</p>",
                "author": {"email": "a@b.example"},
            },
        }
    },
}
JIRA: Any = {
    "timestamp": 1772445598021,
    "webhookEvent": "jira:issue_created",
    "issue_event_type_name": "issue_created",
    "user": {"accountId": "5b10"},
    "issue": {
        "id": "10002",
        "key": "SD-1",
        "fields": {
            "summary": "Export is empty",
            "description": {
                "type": "doc",
                "version": 1,
                "content": [
                    {
                        "type": "paragraph",
                        "content": [{"type": "text", "text": "All of "}, {"type": "text", "text": "them."}],
                    },
                    {"type": "paragraph", "content": []},
                ],
            },
            "priority": {"name": "Medium"},
            "duedate": None,
            "labels": [],
            "reporter": {"emailAddress": "ann@acme.example"},
            "created": "2026-03-02T10:59:58.021+0100",
        },
    },
}
HUBSPOT: Any = [
    {
        "eventId": 100,
        "subscriptionId": 51,
        "portalId": 33,
        "appId": 1,
        "occurredAt": 1772445598021,
        "subscriptionType": "ticket.creation",
        "attemptNumber": 0,
        "objectId": 987,
        "changeSource": "CRM",
    },
    {"eventId": 101, "subscriptionType": "ticket.propertyChange", "objectId": 988, "propertyName": "subject"},
]
RT: Any = {
    "event": "ticket.created",
    "id": "17",
    "queue": "Support",
    "subject": "Export is empty",
    "content": "All of them.",
    "requestor": "ann@acme.example, bob@acme.example",
    "creator": "RT_System",
    "external_id": None,
    "created": "2026-03-02T09:59:58Z",
}
DJANGO: Any = {
    "ticket": {
        "id": 3,
        "queue": 1,
        "title": "Export is empty",
        "description": "All of them.",
        "submitter_email": "ann@acme.example",
        "status": 1,
        "priority": 3,
        "due_date": None,
        "followup_set": [{"id": 1, "date": "2026-03-02T09:59:58.021Z", "comment": "All of them.", "public": True}],
        "custom_firstline_id": "",
    },
    "queue_slug": "support",
}
STANDARD: Any = {
    "type": "ticket.created",
    "timestamp": "2026-03-02T09:59:58Z",
    "data": {"id": "c-1", "subject": "Export is empty", "description": "All of them.", "email": "ann@acme.example"},
}
