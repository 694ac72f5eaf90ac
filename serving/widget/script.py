"""The widget's script: one file, put together from its parts, so that a page needs one tag and no build step."""

from functools import cache
from importlib.resources import files

from msgspec import json

from serving.http.static_files import StaticFile

LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pt")
PARTS = ("texts", "elements", "service", "conversation", "cards", "widget", "start")
_HEAD = """"use strict";
(() => {{
const TAG = document.currentScript ?? document.createElement("script");
const BASE = TAG.src ? new URL(TAG.src).origin : location.origin;
const KEY = TAG.dataset.key;
const SHIPPED = {shipped};
const ENGLISH = {english};
const STYLE = {style};
"""


@cache
def widget() -> StaticFile:
    """Return `/widget.js`."""
    head = _HEAD.format(
        shipped=json.encode(LANGUAGES).decode(),
        english=json.encode(json.decode(_read("texts/en.json"))).decode(),
        style=json.encode(_squeezed(_read("widget.css").decode())).decode(),
    )
    parts = [_squeezed(_read(f"parts/{name}.js").decode()) for name in PARTS]
    return StaticFile.of("\n".join([head, *parts, "})();\n"]).encode())


@cache
def texts(language: str) -> StaticFile:
    """Return the texts of a language that is shipped."""
    return StaticFile.of(json.encode(json.decode(_read(f"texts/{language}.json"))))


def _squeezed(text: str) -> str:
    """Leave out indentation, and lines that are comments: no line of the parts begins inside a string."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _read(name: str) -> bytes:
    return files("serving.widget").joinpath(name).read_bytes()
