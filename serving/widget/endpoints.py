"""`/widget.js`, the script that a site includes, and `/demo`, a page that includes it."""

from litestar import Controller, HttpMethod, MediaType, Request, Response, get, route
from litestar.di import NamedDependency
from litestar.params import FromPath

from serving.errors import NotFound
from serving.http.auth import PUBLIC, own_host
from serving.widget import script
from serving.widget.demo import DemoPage
from serving.widget.script import LANGUAGES

# Nothing inline and nothing from elsewhere: whatever an article or a customer wrote, it cannot run here.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FILES = {
    "demo.css": "text/css",
    "demo.js": "text/javascript",
    "favicon.svg": "image/svg+xml",
}

# Any page may include it: what it may do there is decided by the origins of the key, not by who can read the file.
FOR_ANY_PAGE = {
    "Cache-Control": "public, max-age=300",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}


_READS = (HttpMethod.GET, HttpMethod.HEAD)


class WidgetController(Controller):
    """The widget's script and its texts."""

    path = "/"
    opt = PUBLIC
    include_in_schema = False

    @route("/widget.js", http_method=_READS, sync_to_thread=False)
    def script(self, request: Request) -> Response[bytes]:  # type: ignore[type-arg]
        """Return the script."""
        return script.widget().response(request, "text/javascript", FOR_ANY_PAGE)

    @route("/widget/{name:str}", http_method=_READS, sync_to_thread=False)
    def texts(self, name: FromPath[str], request: Request) -> Response[bytes]:  # type: ignore[type-arg]
        """Return the texts of one language."""
        language = name.removesuffix(".json")
        if language not in LANGUAGES or not name.endswith(".json"):
            raise NotFound("file", name)
        return script.texts(language).response(request, "application/json", FOR_ANY_PAGE)


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
        return Response(demo.read(name), media_type=FILES[name])
