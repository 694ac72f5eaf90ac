"""`/demo`: ask a question, and get a receipt of the ticket that it becomes."""

from litestar import Controller, MediaType, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from serving.errors import NotFound
from serving.http.auth import PUBLIC, own_host
from serving.widget.demo import DemoPage

# Nothing inline and nothing from elsewhere: whatever an article or a customer wrote, it cannot run here.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FILES = {
    "cards.js": "text/javascript",
    "demo.css": "text/css",
    "demo.js": "text/javascript",
    "elements.js": "text/javascript",
    "receipt.js": "text/javascript",
    "favicon.svg": "image/svg+xml",
}


class DemoController(Controller):
    """The page and its files."""

    path = "/demo"
    opt = PUBLIC
    guards = [own_host]  # noqa: RUF012 (Litestar reads it from the class)
    include_in_schema = False

    @get(sync_to_thread=True)
    def page(self, demo: NamedDependency[DemoPage]) -> Response[str]:
        """Return the page, with its own publishable key in it."""
        return Response(demo.render(), media_type=MediaType.HTML, headers={"Content-Security-Policy": POLICY})

    @get("/{name:str}", sync_to_thread=True)
    def file(self, name: FromPath[str], demo: NamedDependency[DemoPage]) -> Response[bytes]:
        """Return one of the page's files."""
        if name not in FILES:
            raise NotFound("file", name)
        return Response(demo.read(name), media_type=f"{FILES[name]}; charset=utf-8")
