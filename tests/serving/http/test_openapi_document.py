"""The API's description lies in the repository: a change of the API is a difference that a reviewer sees."""

from __future__ import annotations

import difflib
import json

from litestar import Litestar
from litestar.testing import TestClient

from tests.serving.http.openapi_document import DOCUMENT, document

HOW = "The API has changed. If it should have: `make openapi`, and commit tests/serving/http/openapi.json."


def test_the_document_in_the_repository_is_todays() -> None:
    kept, today = DOCUMENT.read_text(encoding="utf-8").splitlines(), document().splitlines()
    changed = list(difflib.unified_diff(kept, today, "openapi.json", "today", lineterm=""))
    assert changed == [], "\n".join([HOW, *changed[:80]])


def test_the_service_shows_that_document(client: TestClient[Litestar]) -> None:
    assert client.get("/schema/openapi.json").json() == json.loads(document())
