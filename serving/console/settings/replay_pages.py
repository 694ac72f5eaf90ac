"""`/settings/replays`: a policy or thresholds tried on the past, with the figures before and after; for admins."""

from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from serving.clock import Clock
from serving.console.controller import ConsoleController, reads
from serving.console.forms import Form
from serving.console.page import Page
from serving.errors import InvalidRequest, UnderWay
from serving.http.auth import allows
from serving.http.json_requests import converted
from serving.keys.api_keys import Caller, Scope
from serving.policy import policies
from serving.replay.running import MOST, Replays
from serving.replay.schemas import ReplayIn
from serving.storage.database import Database

_NUMBERS = ("answer_at", "clarify_at", "holdout")


class ReplayPages(ConsoleController):
    """Replays."""

    path = "/settings/replays"
    guards = [allows(Scope.ADMIN)]  # noqa: RUF012 (Litestar reads it from the class)

    @reads(sync_to_thread=True)
    def all(self, page: NamedDependency[Page], replays: NamedDependency[Replays]) -> Response[str]:
        """Show the form, and the replays of the last day."""
        return _all(page, replays)

    @post(sync_to_thread=True, status_code=303)
    def ask(
        self,
        page: NamedDependency[Page],
        form: NamedDependency[Form],
        replays: NamedDependency[Replays],
        caller: NamedDependency[Caller],
        clock: NamedDependency[Clock],
        database: NamedDependency[Database],
    ) -> Response[Any] | Redirect:
        """Ask for a replay and lead to its page."""
        given = {name: form.text(name) for name in ("since", "until", "file", "text", *_NUMBERS)}
        try:
            asked = converted(_asked(given), ReplayIn)
            made = replays.ask(asked, clock.now(), caller.key_id, database.write)
        except InvalidRequest as refused:
            said = " ".join(f"{each.field}: {each.message}" if each.field else each.message for each in refused.errors)
            return _all(page, replays, given=given, problem=said)
        except UnderWay as refused:
            return _all(page, replays, given=given, problem=str(refused))
        return page.after(f"/settings/replays/{made.id}")

    @reads("/{replay_id:str}", sync_to_thread=True)
    def one(
        self, replay_id: FromPath[str], page: NamedDependency[Page], replays: NamedDependency[Replays]
    ) -> Response[str]:
        """Show how far a replay is, and its figures before and after."""
        return page.show("settings/replay.html", replay=replays.show(replay_id))


def _asked(given: dict[str, str]) -> dict[str, Any]:
    """Return the form as the body of `POST /v1/replays`; days are those of UTC."""
    asked: dict[str, Any] = {name: _number(given[name]) for name in _NUMBERS if given[name]}
    asked |= {name: f"{given[name]}T00:00:00Z" for name in ("since", "until") if given[name]}
    if given["text"]:
        asked["policy"] = {given["file"]: given["text"] + "\n"}
    return asked


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text  # refused with its field


def _all(page: Page, replays: Replays, **form: Any) -> Response[str]:  # noqa: ANN401
    values = {"given": dict.fromkeys(("since", "until", "file", "text", *_NUMBERS), ""), "problem": None} | form
    return page.show(
        "settings/replays.html",
        status=422 if values["problem"] else 200,
        replays=replays.newest(),
        files=policies.FILES,
        most=MOST,
        **values,
    )
