"""Wiring of the console's room `/articles`."""

from serving.console.articles.edit_endpoints import EditPages
from serving.console.articles.endpoints import ArticlePages
from serving.console.articles.import_endpoints import ImportPages
from serving.context import Context, Slice


def wire(context: Context) -> Slice:  # noqa: ARG001 (every room is wired alike)
    """Return the room."""
    return Slice(handlers=[ArticlePages, EditPages, ImportPages])
