"""A service that customers reach under an address of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from serving.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, public_url="https://help.example.com/")
