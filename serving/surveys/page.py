"""The page of a survey: plain HTML and one style, no script, nothing from elsewhere."""

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files

import jinja2
from litestar import MediaType, Response

from serving.surveys.rating import Stand, Survey
from serving.surveys.words import language_of, texts
from triage.tickets.survey import LONGEST_COMMENT, RATINGS

STATUS: dict[Stand, int] = {
    "no_rating": 400,
    "too_long": 400,
    "unknown": 404,
    "used": 409,
    "reopened": 409,
    "expired": 410,
}
_ASKS: tuple[Stand, ...] = ("open", "no_rating", "too_long")


def rendered(survey: Survey, accepted: str, comment: str = "") -> Response[str]:
    """Return the page.

    Parameters
    ----------
    survey
        How far the survey is.
    accepted
        The languages of the browser, as its header names them.
    comment
        What was written before, where the form is shown again.

    Returns
    -------
    Response
        With a policy under which nothing but its own style is loaded, and a form that goes nowhere else.
    """
    language = language_of(survey.language, accepted)
    page = _template().render(
        words=texts()[language],
        language=language,
        survey=survey,
        asks=survey.stand in _ASKS,
        ratings=RATINGS,
        longest=LONGEST_COMMENT,
        comment=comment[: 2 * LONGEST_COMMENT],
        style=_style(),
    )
    status = STATUS.get(survey.stand, 200)
    return Response(page, status_code=status, media_type=MediaType.HTML, headers=_headers())


@cache
def _headers() -> dict[str, str]:
    digest = b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'self'; "
            "frame-ancestors 'none'"
        ),
        "X-Robots-Tag": "noindex, nofollow",
    }


@cache
def _style() -> str:
    return files("serving.surveys").joinpath("page.css").read_text(encoding="utf-8")


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(files("serving.surveys").joinpath("page.html").read_text(encoding="utf-8"))
