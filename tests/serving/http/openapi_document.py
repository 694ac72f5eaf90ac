"""The API's description as it lies in this folder: `python -m tests.serving.http.openapi_document` writes it anew."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from serving.app import create_app
from serving.settings import Settings
from tests.fakes import FrozenClock

DOCUMENT = Path(__file__).with_name("openapi.json")


def document() -> str:
    """Return the description of the whole app with sorted keys, so that a difference shows only what has changed."""
    with TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home", sample=Path(folder) / "no-sample", demo=False, worker=False)
        described = create_app(settings, clock=FrozenClock()).openapi_schema.to_schema()
    return json.dumps(described, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
    print(f"{DOCUMENT.name}: commit it with the change of the API")
