"""A Zammad ticket as a thread: articles and history as events, merges, and what Zammad knows of the customer."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import dig, instant, items, plain, text
from serving.helpdesks.port.port import EventKind, RemoteEvent, RemoteStatus
from serving.helpdesks.port.timeline import flat, flat_text, in_order, names

#: Zammad's own states and their types. It has no resolved beside closed, and what is closed can go on.
_STATES: Mapping[str, RemoteStatus] = {
    "new": "new",
    "open": "open",
    "pending reminder": "pending",
    "pending close": "pending",
    "pending action": "pending",
    "closed": "resolved",
    "merged": "resolved",
    "removed": "resolved",
}
_NOBODY, _SYSTEM = "1", "System"
_SLACK = timedelta(seconds=1)
_STANDARD = """
    id number title note group priority state owner customer organization type tags preferences article_count articles
    create_article_type create_article_sender created_by updated_by pending_time time_unit ticket_time_accounting links
    mentions checklist shared_draft referencing_checklists name domain domain_assignment shared active vip members login
    firstname lastname email image image_source web phone fax mobile street zip address verified last_login source
    login_failed out_of_office out_of_office_replacement roles groups organizations permissions authorizations
    karma_user accounts two_factor_preferences overviews
"""
_OWN = frozenset(_STANDARD.split())  # attributes of Zammad's own, of tickets, organizations and users
_ENDINGS = ("_id", "_ids", "_at", "_in_min")


def status(word: str, types: Mapping[str, str], connection: Connection) -> RemoteStatus | None:
    """Return a state in our words; `types` are those of the states that are the desk's own."""
    name = word.casefold()
    found = _STATES.get(name) or _STATES.get(types.get(name, ""))
    if "pending_states" in connection.options and found in {"open", "pending"}:
        return "pending" if name in names(connection, "pending_states") else "open"
    return found


def state_types(states: Any) -> dict[str, str]:  # noqa: ANN401 (JSON)
    """Return the type of each state by its name."""
    return {text(each, "name").casefold(): text(each, "state_type").casefold() for each in items(states)}


def own_states(ticket: Any, history: Any) -> bool:  # noqa: ANN401
    """Tell whether a ticket has or had a state that is not Zammad's own."""
    words = [text(ticket, "state"), *(text(each, "value_to") for each in _moves(history))]
    return any(word and word.casefold() not in _STATES for word in words)


def is_first(ticket: Any, article: Any) -> bool:  # noqa: ANN401
    """Tell whether an article opened its ticket: an automatic answer may have followed before the webhook was sent."""
    if not isinstance(article, dict) or not article:
        return False
    numbers = [each for each in items(ticket, "article_ids") if isinstance(each, int)]
    if numbers and text(article, "id"):
        return text(article, "id") == str(min(numbers))
    return text(ticket, "article_count") in {"1", ""}


def opening(ticket: Any, articles: Sequence[Any]) -> Any:  # noqa: ANN401
    """Return the article that opened a ticket; a merge may have brought older ones."""
    begun = instant(ticket, "created_at")
    own = [each for each in articles if begun and (at := instant(each, "created_at")) and at >= begun - _SLACK]
    return next(iter(own or articles), None)


class EventReader:
    """Reads articles and history as events."""

    def __init__(self, connection: Connection, types: Mapping[str, str]) -> None:
        self._connection, self._types = connection, types

    def events(self, ticket: Any, articles: Sequence[Any], history: Any) -> tuple[RemoteEvent, ...]:  # noqa: ANN401
        """Return what happened; the article that opened the ticket is left out."""
        first = opening(ticket, articles)
        said = [self._said(each) for each in articles if each is not first]
        return in_order([*said, *(self._moved(each, dig(history, "assets", "User")) for each in _moves(history))])

    def _said(self, article: Any) -> RemoteEvent | None:  # noqa: ANN401
        at = instant(article, "created_at")
        if at is None or not text(article, "id"):
            return None
        machine = text(article, "sender") == _SYSTEM
        return RemoteEvent(
            id=text(article, "id"),
            kind=_kind(article),
            at=at,
            by=self._author(article),
            text=plain(article, "body"),
            automatic=machine or is_automatic(article),
        )

    def _author(self, article: Any) -> str:  # noqa: ANN401
        login, sender = text(article, "created_by"), text(article, "from")
        if self._connection.bot and self._connection.bot in {login, text(article, "created_by_id")}:
            return self._connection.bot
        return sender.partition("<")[0].partition(" via ")[0].strip(' "') or sender or login

    def _moved(self, row: Any, people: Any) -> RemoteEvent | None:  # noqa: ANN401
        at, now = instant(row, "created_at"), status(text(row, "value_to"), self._types, self._connection)
        if at is None or now is None or not text(row, "id"):
            return None
        number = text(row, "created_by_id")
        name = " ".join(part for key in ("firstname", "lastname") if (part := text(people, number, key)))
        known = {number, text(people, number, "login"), text(people, number, "email")} - {""}
        shown = "Zammad" if number == _NOBODY else name or number  # nobody is who schedulers and triggers work as
        by = self._connection.bot if self._connection.bot in known else shown
        return RemoteEvent(id=f"history-{text(row, 'id')}", kind="status", at=at, by=by, status=now)


def merged_into(history: Any) -> str | None:  # noqa: ANN401
    """Return the ticket that goes on in the place of a merged one."""
    rows = items(history, "history") or items(history)
    merges = [text(each, "id_to") for each in rows if text(each, "type") == "merged_into"]
    return next((number for number in reversed(merges) if number), None)


def assignee(ticket: Any) -> str | None:  # noqa: ANN401
    """Return who owns a ticket; empty for nobody."""
    if not {"owner", "owner_id"} & set(ticket):
        return None
    owner = text(ticket, "owner") or text(ticket, "owner_id")
    return "" if owner == "-" or text(ticket, "owner_id") in {"", _NOBODY} else owner


def is_automatic(article: Any) -> bool:  # noqa: ANN401
    """Tell whether Zammad recognised an automatic mail by its headers."""
    return dig(article, "preferences", "is-auto-response") is True


def attachments(article: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Return the names of the files at an article."""
    return tuple(name for each in items(article, "attachments") if (name := text(each, "filename")))


def fields(ticket: Any, customer: Any, organization: Any, tags: Sequence[str] = ()) -> dict[str, str]:  # noqa: ANN401
    """Return what Zammad knows of the customer and the ticket, by the names of docs/helpdesks/zammad.md."""
    own = {
        "group": text(ticket, "group", "name") or text(ticket, "group"),
        "type": text(ticket, "type"),
        "tags": flat_text(list(tags)),
        "organization": text(organization, "name") or text(ticket, "organization"),
        "organization.domains": text(organization, "domain"),
        "organization.vip": flat_text(dig(organization, "vip")),
        "requester.locale": text(customer, "preferences", "locale"),
        "requester.vip": flat_text(dig(customer, "vip")),
    }
    return {
        **_customs(organization, "organization."),
        **_customs(customer, "requester."),
        **_customs(ticket, "field."),
        **{name: value for name, value in own.items() if value},
    }


def _customs(record: Any, prefix: str) -> dict[str, str]:  # noqa: ANN401
    """Return the objects that a desk added to a record."""
    if not isinstance(record, Mapping):
        return {}
    return flat({key: value for key, value in record.items() if _is_custom(str(key))}, prefix)


def _is_custom(name: str) -> bool:
    return name not in _OWN and not name.endswith(_ENDINGS)


def _kind(article: Any) -> EventKind:  # noqa: ANN401
    if dig(article, "internal") is True or text(article, "sender") == _SYSTEM:
        return "note"
    if text(article, "sender") == "Customer":
        return "customer_reply"
    return "note" if text(article, "type") == "note" else "agent_reply"  # a note is sent to nobody


def _moves(history: Any) -> list[Any]:  # noqa: ANN401
    rows = items(history, "history") or items(history)
    return [each for each in rows if text(each, "attribute") == "state" and text(each, "type") == "updated"]
