"""`/articles/evals` of the console: golden questions, whether each passes, and the form that they are written in."""

from typing import Annotated, Any, Final, get_args

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from retrieval.articles.golden_questions import MOST_BYTES
from serving.changes.edit import Edit
from serving.console.articles import addresses
from serving.console.controller import ConsoleController, reads
from serving.console.forms import Form
from serving.console.page import Page
from serving.errors import InvalidRequest
from serving.evals import suggesting
from serving.evals.running import Evals, State
from serving.http.errors import QuestionsDiffer
from serving.storage.database import Database

PATH: Final = "/articles/evals"
SAID: Final = {
    "saved": "Saved. The questions are asked within seconds.",
    "imported": "Imported. The questions are asked within seconds.",
}
PROPOSED: Final = 20
TONES: Final[dict[State, str]] = {
    "newly failing": "bad", "failing": "bad", "newly passing": "good", "new": "good", "passing": "good", "waiting": "",
}  # fmt: skip
#: What a reader may choose to see.
SHOWN: Final[dict[str, tuple[State, ...]]] = {
    "": get_args(State),
    "failing": ("newly failing", "failing"),
    "changed": ("newly failing", "newly passing", "new"),
}
_ADDED: Final = ("ask", "article", "expect", "locale", "brand")
_DIGITS: Final = 10
_LIMIT: Final = {"max_body": 4 * MOST_BYTES}  # as a form writes it
Only = Annotated[str, QueryParameter(max_length=20, description="failing or changed; empty: all")]
Begin = Annotated[bool, QueryParameter(description="Begin with proposals")]


class EvalPages(ConsoleController):
    """Golden questions."""

    path = PATH

    @reads(sync_to_thread=True)
    def show(self, page: NamedDependency[Page], evals: NamedDependency[Evals], only: Only = "") -> Response[str]:
        """Show every question with what came, the newly failing first, and the last runs."""
        report = evals.report()
        states = SHOWN.get(only, SHOWN[""])
        return page.show(
            "articles/evals.html",
            messages=SAID,
            report=report,
            rows=[row for row in report.rows if row.state in states],
            only=only if only in SHOWN else "",
            tones=TONES,
            is_current=bool(report.runs) and evals.is_current(report),
            shown_at=addresses.shown_at,
        )

    @reads("/edit", sync_to_thread=True)
    def edit(
        self,
        page: NamedDependency[Page],
        evals: NamedDependency[Evals],
        database: NamedDependency[Database],
        propose: Begin = False,  # noqa: FBT002 (a query parameter)
    ) -> Response[str]:
        """Show the form, as it is stored or with proposals below."""
        stored = evals.stored()
        toml = stored.toml if stored else ""
        if propose:
            toml = f"{toml.rstrip()}\n\n{_proposals(evals, database, page)}".lstrip()
        return _form(page, evals, toml, is_proposed=propose)

    @post("/add", status_code=200, sync_to_thread=True)
    def add(
        self, page: NamedDependency[Page], evals: NamedDependency[Evals], form: NamedDependency[Form]
    ) -> Response[str]:
        """Show the form with a question added that was tried; it is not saved yet."""
        stored = evals.stored()
        named = {name: value for name in _ADDED if (value := form.text(name))}
        added = "\n".join(["[[question]]", *(f"{name} = {suggesting.quoted(value)}" for name, value in named.items())])
        return _form(page, evals, f"{stored.toml.rstrip() if stored else ''}\n\n{added}\n".lstrip(), is_proposed=True)

    @post("/save", status_code=303, sync_to_thread=True, opt=_LIMIT)
    def save(
        self,
        page: NamedDependency[Page],
        evals: NamedDependency[Evals],
        form: NamedDependency[Form],
        edit: NamedDependency[Edit],
    ) -> Response[Any]:
        """Store the questions; show the form again where they cannot be read, or where somebody else was faster."""
        toml, version = _typed(form)
        try:
            evals.put(toml, edit, over=version)
        except InvalidRequest as refused:
            return _form(page, evals, toml, problem=refused.errors[0].message, version=version, status=400)
        except QuestionsDiffer:
            theirs = evals.stored()
            return _form(page, evals, toml, theirs=theirs.toml if theirs else "", status=409)
        return page.after(PATH, "saved")

    @post("/try", status_code=200, sync_to_thread=True, opt=_LIMIT)
    def attempt(
        self, page: NamedDependency[Page], evals: NamedDependency[Evals], form: NamedDependency[Form]
    ) -> Response[str]:
        """Ask what stands in the form; nothing is saved."""
        toml, version = _typed(form)
        try:
            judged = evals.attempt(toml).judged
        except InvalidRequest as refused:
            return _form(page, evals, toml, problem=refused.errors[0].message, version=version, status=400)
        return _form(page, evals, toml, judged=sorted(judged, key=lambda each: each.passed), version=version)


def _proposals(evals: Evals, database: Database, page: Page) -> str:
    model, snapshot = evals.models.take(), evals.articles.take()
    sessions = database.read(suggesting.solved)
    chosen = suggesting.suggested(sessions, snapshot.index.articles, PROPOSED)
    known = {each.key for each in evals.questions()}
    fresh = [each for each in chosen if each.key not in known]
    return suggesting.written(evals.asker.judged(fresh, model, snapshot), page.at)


def _typed(form: Form) -> tuple[str, int]:
    """Return the questions as they were typed, and the version over which they were."""
    toml, over = form.text("toml"), form.text("version")
    version = int(over) if over.isascii() and over.isdigit() and len(over) < _DIGITS else 0
    return f"{toml}\n" if toml else "", version


def _form(page: Page, evals: Evals, toml: str, *, status: int = 200, **values: object) -> Response[str]:
    shown: dict[str, Any] = {
        "toml": toml,
        "version": evals.version(),
        "problem": None,
        "theirs": None,
        "judged": None,
        "is_proposed": False,
        "stored": evals.stored(),
    }
    return page.show("articles/evals_edit.html", status=status, **shown | values)
