"""`/v1/evals`: golden questions, and what came of them."""

import re
from typing import Annotated

from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody

from retrieval.articles.golden_questions import MOST_BYTES
from serving.changes.edit import Edit
from serving.errors import FieldError, InvalidRequest
from serving.evals.running import Evals
from serving.evals.schemas import EvalsIn, EvalsOut, TrialOut, evals_out, tried_out
from serving.http.auth import allows
from serving.http.problems import problem_responses
from serving.keys.api_keys import Scope

IfMatch = Annotated[
    str | None,
    HeaderParameter(name="If-Match", description="The ETag of the questions that the caller read", required=False),
]
_LIMIT = {"max_body": 2 * MOST_BYTES}
_TAG = re.compile(r'"(\d{1,9})"')


class EvalController(Controller):
    """Golden questions."""

    path = "/v1/evals"
    tags = ["articles"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.AGENT)]  # noqa: RUF012

    @get(summary="Golden questions and what came", sync_to_thread=True, responses=problem_responses())
    def show(self, evals: NamedDependency[Evals]) -> Response[EvalsOut]:
        """Return the questions as TOML, whether each passes, what changed since the run before, and the last runs."""
        return _shown(evals)

    @put(
        summary="Store the golden questions",
        sync_to_thread=True,
        opt=_LIMIT,
        responses=problem_responses(400, 412),
    )
    def store(
        self,
        data: JSONBody[EvalsIn],
        evals: NamedDependency[Evals],
        edit: NamedDependency[Edit],
        if_match: IfMatch = None,
    ) -> Response[EvalsOut]:
        """Store all questions, in place of those before; they are asked within seconds."""
        evals.put(data.toml, edit, over=_version(if_match))
        return _shown(evals)

    @post(
        "/trial",
        summary="Try golden questions",
        status_code=200,
        sync_to_thread=True,
        opt=_LIMIT,
        responses=problem_responses(400, 503),
    )
    def attempt(self, data: JSONBody[EvalsIn], evals: NamedDependency[Evals]) -> TrialOut:
        """Ask at most 200 questions now, of the articles and the model that serve; nothing is stored or counted."""
        return tried_out(evals.attempt(data.toml))


def _shown(evals: Evals) -> Response[EvalsOut]:
    version = evals.version()
    return Response(evals_out(evals.report(), version), headers={"etag": f'"{version}"'})


def _version(if_match: str | None) -> int | None:
    """Read the header; without it, and for `*`, any version may be replaced. Raises `InvalidRequest`."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise InvalidRequest([FieldError("If-Match", 'Send the ETag of the questions as it came, such as "3".')])
    return int(found[1])
