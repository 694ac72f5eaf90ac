"""Style sheet, script and pictures of the console, under addresses that change with their content."""

from functools import cache
from importlib.resources import files

from serving.http.static_files import StaticFile

KINDS = {
    "console.css": "text/css",
    "console.js": "text/javascript",
    "favicon.svg": "image/svg+xml",
}


@cache
def file(name: str) -> StaticFile:
    """Return one of the files."""
    return StaticFile.of(files("serving.console.assets").joinpath(name).read_bytes())


def address(name: str) -> str:
    """Return where a browser finds a file, which it may keep for ever."""
    version = file(name).etag.strip('"')[:12]
    return f"/console/{name}?v={version}"
