"""Articles that are valid by default."""

from __future__ import annotations

from typing import Any

from retrieval.articles.article import Article

RESET = """
Only the owner of an address can reset its password.

## Reset it

1. Open **Settings** and choose *Security*.
2. Click `Reset password`.
3. Follow the link in the mail.

## When no mail arrives

Look into the spam folder. The link is valid for an hour.
"""


def an_article(**fields: Any) -> Article:
    defaults = {"id": "reset", "title": "Reset your password", "body": RESET, "url": "https://help.example/reset"}
    return Article.from_record(defaults | fields)


def knowledge_base() -> list[Article]:
    return [
        an_article(),
        an_article(id="refund", title="Ask for a refund", body="A refund takes five days.", requires_human=True),
        an_article(id="csv", title="Export to CSV", body="Open the report and choose Export. A CSV file is made."),
        an_article(id="runbook", title="Runbook for outages", body="Restart the export worker.", visibility="internal"),
        an_article(id="invoice", title="Download an invoice", body="Invoices are under Billing. Choose Download."),
    ]
