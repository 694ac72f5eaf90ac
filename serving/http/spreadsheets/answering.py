"""Answer a report as JSON or as CSV, as its caller asks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from litestar import Request, Response
from litestar.di import Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from serving.http.problems import problem_responses
from serving.http.spreadsheets.csv_rows import MEDIA_TYPE

Report = TypeVar("Report")
Format = Annotated[
    Literal["json", "csv"] | None,
    QueryParameter(name="format", description="csv for a spreadsheet; so does `Accept: text/csv`"),
]
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class WrittenAs:
    """How a report is to be written."""

    csv: bool

    def answer(self, report: Report, rows: Callable[[Report], str], name: str) -> Response[Any]:
        """Return the report; `rows` writes it as CSV, which is a file of this name."""
        return csv_response(rows(report), name) if self.csv else Response(report)


def written_as(request: Request[Any, Any, Any], format_: Format = None) -> WrittenAs:
    """Read how: by the format, else by what the caller accepts; the dependency `written_as`."""
    if format_ is not None:
        return WrittenAs(format_ == "csv")
    return WrittenAs(request.accept.best_match([_JSON, MEDIA_TYPE], default=_JSON) == MEDIA_TYPE)


WRITTEN_AS = {"written_as": Provide(written_as, sync_to_thread=False)}


def reported(report: type[Any], description: str, *statuses: int) -> dict[int, ResponseSpec]:
    """Return `responses` for the handler of a report: it, and its problems beside 400."""
    said = {200: ResponseSpec(report, description=description, generate_examples=False)}
    return said | problem_responses(400, *statuses, body=False)


def csv_response(text: str, name: str) -> Response[Any]:
    """Return CSV as a file to download."""
    return Response(text, media_type=MEDIA_TYPE, headers={"content-disposition": f'attachment; filename="{name}.csv"'})
