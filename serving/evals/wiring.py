"""Wiring of the golden questions."""

from serving.context import Context, Slice
from serving.evals.endpoints import EvalController
from serving.evals.running import Evals
from serving.evals.watch import EVERY, EvalWatch
from serving.jobs.periodic import PeriodicTask


def wire(context: Context, evals: Evals) -> Slice:
    """Return the slice: its routes, and the look that asks whenever something has changed."""
    watch = EvalWatch(evals, context.settings)
    return Slice(
        handlers=[EvalController],
        dependencies={"evals": evals},
        notes={"evals": evals.note},
        watches=[PeriodicTask("evals", EVERY, watch.look, once=True)],
    )
