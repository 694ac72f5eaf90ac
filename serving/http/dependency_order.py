"""Give handlers their dependencies one after another.

Litestar resolves those that do not need each other in a task each. Ours wait for nothing, so that the tasks cost more
than the dependencies.
"""

from litestar import Litestar
from litestar.routes import HTTPRoute


def resolve_in_turn(app: Litestar) -> None:
    """Let every handler of the app resolve one dependency at a time, those that others need first."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for _, read in route.route_handler_map.values():
                read.dependency_batches = [{each} for batch in read.dependency_batches for each in batch]
