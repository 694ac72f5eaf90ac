"""Nobody reads across: every route of the router x those who have no right there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from serving.configuration import brand_folders
from tests.serving.brands.conftest import Deployed
from tests.serving.brands.matrix import TEXT, cells, fill, leaks, rows


def test_no_route_shows_or_changes_anything_for_a_stranger(deployed: Deployed, home: Path) -> None:
    made = fill(deployed)
    database = brand_folders.home_of(home, "acme") / "firstline.db"
    before = rows(database)
    assert leaks(deployed, made) == []
    assert rows(database) == before


def test_what_strangers_ask_for_is_there_for_the_brand_itself(deployed: Deployed) -> None:
    """Else the matrix would be green because nothing is at those paths."""
    made = fill(deployed)
    asked = [cell for cell in cells(deployed, made) if cell.method == "GET" and cell.names_something]
    session = {"Cookie": deployed.sign_in("acme")}
    answers = {cell.route: deployed.ask("GET", cell.path, "acme", headers=session) for cell in asked}
    missing = {route: answer.status_code for route, answer in answers.items() if answer.status_code != 200}
    assert missing == {
        "/articles/{article_id:path}": 303,  # to the page of the article
        "/survey/{token:str}": 404,  # the ticket is not resolved
        "/v1/tickets/{ticket_id:str}/packet": 404,  # it was not escalated
    }
    assert sum(TEXT in answer.text for answer in answers.values()) >= 6


def test_a_wall_with_a_hole_is_noticed(deploy: Callable[[], Deployed], home: Path) -> None:
    """The hole: globex reads acme's database."""
    folders = [brand_folders.home_of(home, name) for name in ("acme", "globex")]
    (folders[1] / "firstline.db").unlink()
    (folders[1] / "firstline.db").symlink_to(folders[0] / "firstline.db")
    deployed = deploy()
    found = leaks(deployed, fill(deployed))
    shutil.rmtree(folders[1])
    assert any(each.startswith("GET /v1/tickets/{ticket_id:str} globex") for each in found)
    assert any(each.startswith("GET /queue globex") for each in found)
