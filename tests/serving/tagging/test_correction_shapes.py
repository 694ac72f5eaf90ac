"""A correction that is written in another shape is answered with the right one."""

from __future__ import annotations

import pytest
from litestar import Litestar
from litestar.testing import TestClient


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"tags": {"category": "bug"}, "actor": "ana"}, "tags"), ({"category": None}, "category"), (["bug"], "")],
)
def test_another_shape_is_answered_with_an_example(client: TestClient[Litestar], wrong: object, field: str) -> None:
    answer = client.post("/v1/tags/tag_0/correction", json=wrong)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert error["message"].endswith('{"category": "billing", "actor": "ana"}.')
    assert answer.headers["Content-Type"] == "application/problem+json"
