"""The demo page: its files, and the values of this desk inserted into it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import jinja2
from msgspec import json

from serving.errors import NotReady
from serving.http.code_marks import code
from serving.inference.live_articles import LiveArticles
from serving.inference.own_content import Serves

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class DemoPage:
    """The demo page."""

    key: Callable[[], str]
    sign: Callable[
        [str], Mapping[str, str]
    ]  # the identity of a made-up visitor with a plan, as a site's backend signs it
    plans: Sequence[str]
    articles: LiveArticles
    serves: Callable[[], Serves]

    def render(self) -> str:
        """Return the page with the demo's key, the desk's plans, what serves, and questions that articles answer."""
        page = _environment().from_string(self.read("demo.html").decode())
        plans = {plan: json.encode(self.sign(plan)).decode() for plan in self.plans}
        return page.render(key=self.key(), plans=plans, examples=self._examples(), serves=self.serves())

    def read(self, name: str) -> bytes:
        """Return a file of the page as it is."""
        return _file(name)

    def _examples(self) -> list[str]:
        try:
            found = self.articles.take().index.articles.values()
        except NotReady:
            return []
        titles = [each.title for each in found if each.visibility == "public" and not each.requires_human]
        step = max(1, len(titles) // EXAMPLES)
        return titles[step // 2 :: step][:EXAMPLES]


@cache
def _file(name: str) -> bytes:
    return files("serving.widget").joinpath(name).read_bytes()


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["code"] = code
    return environment
