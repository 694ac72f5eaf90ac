"""Wiring of the models: the current one, the shadow and the canary."""

import threading
from datetime import timedelta

from serving.context import Context, Slice
from serving.inference.live_models import LiveModels
from serving.inference.own_content import DeskContent
from serving.inference.watching.watch import CertificateWatch
from serving.jobs.periodic import PeriodicTask
from serving.models.canary import CanaryWatch
from serving.models.endpoints import ModelController
from serving.models.erasing import erase
from serving.models.shadow import ShadowTagging
from serving.models.switching import ModelSwitching, WhyNot, no_objection

LOOK_EVERY = timedelta(seconds=1)
CANARY_EVERY = timedelta(seconds=2)
FORGET_EVERY = timedelta(hours=1)


def wire(
    context: Context,
    models: LiveModels,
    content: DeskContent,
    shadow: ShadowTagging,
    watch: CertificateWatch,
    why_not: WhyNot = no_objection,
) -> Slice:
    """Return the slice: its routes, the first load beside the start, and the watches over pointers and canary.

    `why_not` may object to a bundle before it serves.
    """
    candidates = shadow.candidates

    def first() -> None:
        models.reload()
        candidates.watch(context.clock.now())

    def start() -> None:
        threading.Thread(target=first, name="first-model", daemon=True).start()
        shadow.start()

    return Slice(
        handlers=[ModelController],
        dependencies={
            "models": models,
            "registry": candidates.registry,
            "content": content,
            "candidates": candidates,
            "certificate_watch": watch,
            "switching": ModelSwitching(
                candidates.registry, models, candidates, context.settings, context.telemetry, why_not
            ),
        },
        checks={"models": models.missing},
        notes={"models": models.refused, "serves": lambda: str(content.serves()), "candidates": candidates.refused},
        watches=[
            PeriodicTask("models", LOOK_EVERY, models.watch),
            PeriodicTask("candidates", LOOK_EVERY, candidates.watch),
            PeriodicTask("canary", CANARY_EVERY, CanaryWatch(context, candidates.registry, candidates).watch),
            PeriodicTask("shadow_tags", FORGET_EVERY, shadow.forget, once=True),
        ],
        erase=erase,
        start=start,
        stop=shadow.stop,
    )
