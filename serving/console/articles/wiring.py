"""Wiring of the console's room `/articles`."""

from serving.console.articles.edit_endpoints import EditPages
from serving.console.articles.endpoints import ArticlePages
from serving.console.articles.eval_endpoints import EvalPages
from serving.console.articles.import_endpoints import ImportPages
from serving.console.articles.kept_gaps import KeptGaps
from serving.context import Context, Slice


def wire(context: Context) -> Slice:
    """Return the room."""
    return Slice(
        handlers=[ArticlePages, EditPages, ImportPages, EvalPages],
        dependencies={"kept_gaps": KeptGaps(context.database)},
    )
