"""Wiring of the live models."""

import threading
from datetime import timedelta

from serving.context import Slice
from serving.inference.live_models import LiveModels
from serving.inference.own_content import DeskContent
from serving.inference.watching.watch import CertificateWatch
from serving.jobs.periodic import PeriodicTask
from serving.models.endpoints import ModelController
from triage.model.registry import Registry

LOOK_EVERY = timedelta(seconds=1)


def wire(registry: Registry, models: LiveModels, content: DeskContent, watch: CertificateWatch) -> Slice:
    """Return the slice: its routes, the first load beside the start, and the watch over the pointer."""
    return Slice(
        handlers=[ModelController],
        dependencies={"models": models, "registry": registry, "content": content, "certificate_watch": watch},
        checks={"models": models.missing},
        notes={"models": models.refused, "serves": lambda: str(content.serves())},
        watches=[PeriodicTask("models", LOOK_EVERY, models.watch)],
        start=lambda: threading.Thread(target=models.reload, name="first-model", daemon=True).start(),
    )
