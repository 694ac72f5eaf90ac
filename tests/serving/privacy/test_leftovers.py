"""Files in the home folder that an erasure cannot search: they are counted and named, and hinder no other."""

from __future__ import annotations

import gzip
import json

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.settings import Settings
from tests.packed import bomb

ANN = "ann.quibble@example.com"


def test_a_file_that_cannot_be_searched_is_counted_and_hinders_no_other(
    client: TestClient[Litestar], settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    home = settings.home
    bomb(home / "bomb.jsonl.gz")
    (home / "cut.jsonl.gz").write_bytes(gzip.compress(b"{}")[:-5])
    (home / "snapshot.jsonl").write_text(json.dumps({"id": "tkt_1", "text": f"from {ANN}"}) + "\n")
    with caplog.at_level("INFO", "firstline"):
        erased = client.post("/v1/erasures", json={"email": ANN}).json()["erased"]
    assert (erased["files"], erased["files_not_searched"]) == (1, 2)
    assert (home / "snapshot.jsonl").read_bytes() == b""
    problems = [vars(each) for each in caplog.records if each.getMessage() == "erasure.file_not_searched"]
    assert "bomb.jsonl.gz: it unpacks to more than 100 times its size" in str(problems[0])
    assert "cut.jsonl.gz: a damaged gzip file" in str(problems[1])
