"""A Jira issue as a thread: comments, changes of status, and what Jira knows of the customer."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import dig, instant, items, text
from serving.helpdesks.port.port import Remote, RemoteEvent, RemoteStatus, Thread
from serving.helpdesks.port.timeline import actor, flat_text, in_order, names
from serving.helpdesks.vendors import atlassian_document

_PENDING = (
    "waiting for customer",
    "waiting on customer",
    "awaiting customer",
    "pending customer",
    "waiting for reporter",
    "warten auf kunden",
    "warten auf kunde",
    "en attente du client",
    "esperando al cliente",
    "esperando por el cliente",
    "aguardando cliente",
    "aguardando pelo cliente",
    "in attesa del cliente",
    "wachten op klant",
)
_CLOSED = ("closed", "canceled", "cancelled", "declined")
_MOST = 200  # fields of an issue
_PARTICIPANTS = "com.atlassian.servicedesk:sd-request-participants"
_Move = tuple[Any, Any]  # a change, and that item of it which moved the status


def thread(
    remote: Remote,
    issue: Any,  # noqa: ANN401 (JSON)
    comments: Sequence[Any],
    moves: Sequence[_Move],
    statuses: Any,  # noqa: ANN401
    connection: Connection,
) -> Thread:
    """Return the thread of an issue; `statuses` are those of the site, with their categories."""
    customers = _customers(issue) - {connection.bot}  # we open requests in our own name
    said = [_comment(each, customers, connection) for each in comments]
    moved = [_moved(change, item, _categories(statuses), connection) for change, item in moves]
    now = dig(issue, "fields", "status")
    category = text(now, "statusCategory", "key")
    untouched = category == "new" and not moves
    assignee = dig(issue, "fields", "assignee")
    is_told = isinstance(dig(issue, "fields"), Mapping) and "assignee" in issue["fields"]
    return Thread(
        remote=remote,
        events=in_order([*said, *moved]),
        status="new" if untouched else _status(text(now, "name"), category, connection),
        changed_at=instant(issue, "fields", "updated"),
        assignee=actor(connection, assignee, "displayName", "accountId") if is_told else None,
        fields=told(issue),
    )


def moves(changes: Sequence[Any]) -> list[_Move]:
    """Return the changes that moved the status."""
    found = ((change, item) for change in changes for item in items(change, "items"))
    return [(change, item) for change, item in found if text(item, "field") == "status"]


def told(issue: Any) -> dict[str, str]:  # noqa: ANN401
    """Return what Jira knows of the customer and the ticket, by the names of docs/helpdesks/jira.md."""
    fields = dig(issue, "fields")
    if not isinstance(fields, Mapping):
        return {}
    reporter = fields.get("reporter")
    found = {
        "project": text(fields, "project", "key"),
        "issue_type": flat_text(fields.get("issuetype")),
        "components": flat_text(fields.get("components")),
        "tags": flat_text(fields.get("labels")),
        "contact.name": text(reporter, "displayName"),
        "contact.email": text(reporter, "emailAddress"),
        "contact.timezone": text(reporter, "timeZone"),
    }
    for name, value in list(fields.items())[:_MOST]:
        if name.startswith("customfield_"):
            shown = atlassian_document.read(value)[:500] if text(value, "type") == "doc" else flat_text(value)
            found |= _of_service_desk(value) | {f"field.{name}": shown}
            if called := text(issue, "names", name):
                found[f"field.{called}"] = shown
    return {name: value for name, value in found.items() if value}


def attachments(issue: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Return the names of the files at an issue."""
    return tuple(name for each in items(issue, "fields", "attachment") if (name := text(each, "filename")))


def _of_service_desk(value: Any) -> dict[str, str]:  # noqa: ANN401
    """Return what the fields of Jira Service Management say: their ids differ from site to site, not their form."""
    if request_type := text(value, "requestType", "name"):
        return {"request_type": request_type}
    if code := text(value, "languageCode"):
        return {"language": code}
    if "/servicedeskapi/organization/" in text(value, 0, "_links", "self"):
        return {"organization": flat_text(value)}
    return {}


def _customers(issue: Any) -> set[str]:  # noqa: ANN401
    """Return the accounts of who raised a request and of those who take part; colleagues have the same accounts."""
    found = {text(issue, "fields", "reporter", "accountId")}
    schema = dig(issue, "schema")
    for name in list(schema)[: 10 * _MOST] if isinstance(schema, Mapping) else ():
        if text(schema, name, "custom") == _PARTICIPANTS:
            found |= {text(each, "accountId") for each in items(issue, "fields", name)}
    return found - {""}


def _comment(comment: Any, customers: Collection[str], connection: Connection) -> RemoteEvent | None:  # noqa: ANN401
    at, author = instant(comment, "created"), dig(comment, "author")
    if at is None or not text(comment, "id"):
        return None
    asks = text(author, "accountType") == "customer" or text(author, "accountId") in customers
    machine = text(author, "accountType") == "app"  # a rule that answers the customer is no first response
    internal = machine or dig(comment, "jsdPublic") is False
    return RemoteEvent(
        id=text(comment, "id"),
        kind="note" if internal else "customer_reply" if asks else "agent_reply",
        at=at,
        by=actor(connection, author, "displayName", "accountId"),
        text=atlassian_document.read(dig(comment, "body")),
        automatic=machine,
    )


def _moved(
    change: Any,  # noqa: ANN401
    item: Any,  # noqa: ANN401
    categories: Mapping[str, str],
    connection: Connection,
) -> RemoteEvent | None:
    at = instant(change, "created")
    if at is None or not text(change, "id"):
        return None
    name = text(item, "toString")
    category = categories.get(text(item, "to")) or categories.get(name.casefold(), "")
    return RemoteEvent(
        id=f"status:{text(change, 'id')}",
        kind="status",
        at=at,
        by=actor(connection, dig(change, "author"), "displayName", "accountId"),
        status=_status(name, category, connection),
        automatic=text(change, "author", "accountType") == "app",
    )


def _categories(statuses: Any) -> dict[str, str]:  # noqa: ANN401
    rows = statuses if isinstance(statuses, list) else []
    found = {text(each, "name").casefold(): text(each, "statusCategory", "key") for each in rows}
    return found | {text(each, "id"): text(each, "statusCategory", "key") for each in rows}


def _status(name: str, category: str, connection: Connection) -> RemoteStatus:
    """Return our word: a status pauses the clocks by its name, and ends the ticket by its category."""
    called = " ".join(name.casefold().split())
    if called in names(connection, "pending_statuses", _PENDING):
        return "pending"
    if called in names(connection, "closed_statuses", _CLOSED):
        return "closed"
    return "resolved" if category == "done" or (not category and called in {"resolved", "done"}) else "open"
