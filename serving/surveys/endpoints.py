"""`/survey/…`: the page that a link leads to. Looking at it rates nothing; only its form does."""

from typing import Any
from unicodedata import category
from urllib.parse import parse_qs

from litestar import Controller, HttpMethod, Request, Response, post, route
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from serving.clock import Clock
from serving.http.auth import PUBLIC
from serving.keys.survey_links import PATH
from serving.surveys.page import rendered
from serving.surveys.rating import Answer, Surveys

_READS = (HttpMethod.GET, HttpMethod.HEAD)
_FIELDS = 20
URL_ENCODED = "application/x-www-form-urlencoded"
LONGEST_FORM = 64_000  # bytes: a letter of a comment may take twelve
AnyRequest = Request[Any, Any, Any]


async def answer_of(request: AnyRequest) -> Answer:
    """Return what a form sent; the dependency `answer`. What is no form has no rating."""
    try:
        fields = parse_qs((await request.body()).decode(), keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        return Answer(None, "")
    rating, comment = (fields.get(name, [""])[0] for name in ("rating", "comment"))
    comment = "".join(letter for letter in comment if letter == "\n" or category(letter) not in {"Cc", "Cs"}).strip()
    return Answer(int(rating) if rating in {"1", "2", "3", "4", "5"} else None, comment)


class SurveyController(Controller):
    """The survey of a resolution."""

    path = PATH
    opt = PUBLIC | {"media_types": (URL_ENCODED,), "max_body": LONGEST_FORM}
    include_in_schema = False

    @route("/{token:str}", http_method=_READS, sync_to_thread=True)
    def look(
        self,
        token: FromPath[str],
        surveys: NamedDependency[Surveys],
        clock: NamedDependency[Clock],
        request: AnyRequest,
    ) -> Response[str]:
        """Show the form, or why there is none any more: mail programs look at links, and that must rate nothing."""
        return rendered(surveys.look(token, clock.now()), request.headers.get("accept-language", ""))

    @post("/{token:str}", dependencies={"answer": Provide(answer_of)}, sync_to_thread=True)
    def rate(
        self,
        token: FromPath[str],
        answer: NamedDependency[Answer],
        surveys: NamedDependency[Surveys],
        clock: NamedDependency[Clock],
        request: AnyRequest,
    ) -> Response[str]:
        """Take the rating of the form, once."""
        found = surveys.rate(token, answer, clock.now())
        return rendered(found, request.headers.get("accept-language", ""), answer.comment)
