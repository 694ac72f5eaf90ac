"""Wiring of the models: the current one, the shadow and the canary."""

import threading
from datetime import timedelta

from serving.context import Context, Slice
from serving.inference.candidates import Candidates
from serving.inference.live_models import LiveModels
from serving.inference.own_content import DeskContent
from serving.jobs.periodic import PeriodicTask
from serving.models.canary import CanaryWatch
from serving.models.endpoints import ModelController
from serving.models.erasing import erase
from serving.models.shadow import ShadowTagging
from triage.model.registry import Registry

LOOK_EVERY = timedelta(seconds=1)
CANARY_EVERY = timedelta(seconds=2)
FORGET_EVERY = timedelta(hours=1)


def wire(
    context: Context,
    registry: Registry,
    models: LiveModels,
    content: DeskContent,
    candidates: Candidates,
    shadow: ShadowTagging,
) -> Slice:
    """Return the slice: its routes, the first load beside the start, and the watches over pointers and canary."""

    def first() -> None:
        models.reload()
        candidates.watch(context.clock.now())

    def start() -> None:
        threading.Thread(target=first, name="first-model", daemon=True).start()
        shadow.start()

    return Slice(
        handlers=[ModelController],
        dependencies={"models": models, "registry": registry, "content": content, "candidates": candidates},
        checks={"models": models.missing},
        notes={"models": models.refused, "serves": lambda: str(content.serves()), "candidates": candidates.refused},
        watches=[
            PeriodicTask("models", LOOK_EVERY, models.watch),
            PeriodicTask("candidates", LOOK_EVERY, candidates.watch),
            PeriodicTask("canary", CANARY_EVERY, CanaryWatch(context, registry, candidates).watch),
            PeriodicTask("shadow_tags", FORGET_EVERY, shadow.forget),
        ],
        erase=erase,
        start=start,
        stop=shadow.stop,
    )
