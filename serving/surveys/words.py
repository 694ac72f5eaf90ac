"""What the page of a survey says, in the customer's language."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

DEFAULT = "en"


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """Return the words of each language, by name."""
    return tomllib.loads(files("serving.surveys").joinpath("texts.toml").read_text(encoding="utf-8"))


def language_of(ticket: str | None, accepted: str) -> str:
    """Return the language of a page: the ticket's, else the first of the browser's that there are words for."""
    wanted = [ticket or "", *(part.partition(";")[0] for part in accepted.split(",", 20)[:20])]
    short = (each.strip().replace("_", "-").partition("-")[0].lower() for each in wanted)
    return next((each for each in short if each in texts()), DEFAULT)
