"""Which tickets the list shows: read from the address of the page, and written into the addresses of its links."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final
from urllib.parse import urlencode

from triage.taxonomy.labels import PRIORITIES
from triage.tickets.escalation import TIERS
from triage.tickets.ticket import Status

UNFINISHED: Final = ("new", "open", "pending")
ALL = "all"
ME, NOBODY = "me", "none"
SORTS: Final = {
    "due": "What is due first",
    "priority": "Priority",
    "newest": "Newest",
    "oldest": "Oldest",
    "updated": "Last changed",
}
_LONGEST = 200  # characters of what is looked for
_LAST_PAGE = 10_000
_OLDER_NAME: Final = "overdue"  # of `breached`, in links that people kept
_KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "status": (ALL, *(each.value for each in Status)),
    "priority": (*PRIORITIES, NOBODY),
    "tier": TIERS,
    "sort": tuple(SORTS),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What must hold of the tickets on the list, their order, and the page; an empty text asks for nothing.

    `label` is head=label, of any head.
    """

    q: str = ""
    status: str = ""
    priority: str = ""
    team: str = ""
    tier: str = ""
    category: str = ""
    label: str = ""
    assignee: str = ""
    incident: str = ""
    breached: bool = False
    at_risk: bool = False
    leads: bool = False
    needs_nobody: bool = False
    sort: str = "due"
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Filter":
        """Read the parameters of an address; what is not known there asks for nothing, so that no link breaks."""
        found: dict[str, str | bool | int] = {}
        query = {"breached": query.get(_OLDER_NAME, ""), **query}
        for each in fields(cls):
            given = "".join(letter for letter in query.get(each.name, "") if letter.isprintable()).strip()[:_LONGEST]
            if isinstance(each.default, bool):
                found[each.name] = given.lower() in {"1", "true", "yes"}
            elif each.name == "page":
                found[each.name] = min(max(int(given), 1), _LAST_PAGE) if given.isdecimal() else 1
            elif given and given in _KNOWN.get(each.name, (given,)):
                found[each.name] = given
        return cls(**found)  # type: ignore[arg-type]

    @property
    def statuses(self) -> tuple[str, ...] | None:
        """The statuses that are listed, None for all; whoever searches or opens an incident looks in all of them."""
        if self.status:
            return None if self.status == ALL else (self.status,)
        return None if self.q or self.incident else UNFINISHED

    @property
    def somebody_only(self) -> bool:
        """Whether tickets that need nobody are left out: in every list of unfinished ones but their own."""
        return self.statuses is not None and not self.needs_nobody and set(self.statuses) <= set(UNFINISHED)

    @property
    def is_plain(self) -> bool:
        """Whether nothing was chosen but order and page."""
        return replace(self, sort="due", page=1) == Filter()

    def address(self, **changes: str | bool | int) -> str:
        """Return the address of the list with other choices; they begin on its first page."""
        wanted = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        usual = Filter()
        chosen = {
            each.name: "1" if value is True else str(value)
            for each in fields(Filter)
            if (value := getattr(wanted, each.name)) != getattr(usual, each.name)
        }
        return f"/queue?{urlencode(chosen)}" if chosen else "/queue"
