"""`/queue` of the console: the list of tickets."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency

from serving.console.controller import ConsoleController, reads
from serving.console.page import Page
from serving.console.queue import rows
from serving.console.queue.filters import ALL, SORTS, UNFINISHED, Filter
from serving.console.queue.listing import line
from serving.console.queue.phrases import NOBODY_REASONS, head_name
from serving.context import Context
from serving.inference.labels import KnownLabels
from triage.taxonomy.labels import PRIORITIES
from triage.tickets.escalation import TIERS

_OWN_FILTER = frozenset({"priority", "category"})  # heads that the list filters by in a box of their own


class QueuePages(ConsoleController):
    """The queue."""

    path = "/queue"

    @reads(sync_to_thread=True)
    def show(
        self,
        request: Request[Any, Any, Any],
        page: NamedDependency[Page],
        context: NamedDependency[Context],
        vocabulary: NamedDependency[KnownLabels],
    ) -> Response[str]:
        """Show the tickets that the address asks for."""
        wanted, at, caller = Filter.read(request.query_params), context.clock.now(), page.session.caller
        me = caller.name or caller.key_id
        found = context.database.read(lambda connection: rows.find(connection, wanted, me, at))
        first = (wanted.page - 1) * rows.PAGE
        return page.show(
            "queue/list.html",
            wanted=wanted,
            lines=[line(row, at) for row in found.rows],
            found=found,
            first=first + 1,
            last=first + len(found.rows),
            has_more=first + len(found.rows) < found.total,
            me=me,
            nobody=NOBODY_REASONS,
            tabs=_tabs(found.counts),
            choices={
                "priorities": PRIORITIES,
                "teams": sorted(context.policies.routing.teams),
                "tiers": TIERS,
                "categories": vocabulary.labels("category"),
                "labels": _labels(vocabulary),
                "sorts": SORTS,
            },
        )


def _labels(vocabulary: KnownLabels) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the heads to filter by, each with its name and labels."""
    heads = (head for head in vocabulary.settable() if head not in _OWN_FILTER)
    return [(head, head_name(head).capitalize(), known) for head in heads if (known := vocabulary.labels(head))]


def _tabs(counts: rows.Counts) -> list[tuple[str, str, int]]:
    """Return the statuses to choose from, each with its name and how many tickets have it."""
    by_status = counts.by_status
    each = [(name, name.capitalize(), by_status.get(name, 0)) for name in (*UNFINISHED, "resolved", "closed")]
    every = sum(by_status.values()) + counts.needs_nobody
    return [("", "Unfinished", counts.unfinished), *each, (ALL, "All", every)]
