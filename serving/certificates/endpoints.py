"""`/v1/certificates/audited`: the tags that people are asked to check."""

from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from serving.certificates.schemas import Answer, AuditedTagsOut, audited_out
from serving.errors import CursorNotValid
from serving.http.auth import allows
from serving.http.fields import Cursor
from serving.http.problems import problem_responses
from serving.inference.watching import store
from serving.keys.api_keys import Scope
from serving.storage.database import Database

Which = Annotated[
    Answer,
    QueryParameter(name="answer", description="Open ones, or those that were answered or left unconfirmed"),
]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Audited tags on a page")]


class CertificateController(Controller):
    """Audited tags; for agents."""

    path = "/v1/certificates"
    tags = ["models"]  # noqa: RUF012 (Litestar reads it from the class)

    @get(
        "/audited",
        summary="List audited tags",
        guards=[allows(Scope.AGENT)],
        sync_to_thread=True,
        responses=problem_responses(400, body=False),
    )
    def audited(
        self, database: NamedDependency[Database], which: Which = "open", cursor: Cursor = None, limit: Limit = 50
    ) -> AuditedTagsOut:
        """List tags that would have been applied and are put to a person, oldest first: the queue of the audit."""
        if cursor is not None and not cursor.startswith("adt_"):
            raise CursorNotValid
        found = database.read(lambda connection: store.page(connection, which, cursor, limit))
        following = found[-1][0].id if len(found) == limit else None
        return AuditedTagsOut(audited=[audited_out(*each) for each in found], next_cursor=following)
