"""Wiring of the certificates slice."""

from datetime import timedelta

from serving.certificates.answering import AuditAnswering
from serving.certificates.endpoints import CertificateController
from serving.context import Context, Slice
from serving.inference.watching.watch import CertificateWatch
from serving.jobs.periodic import PeriodicTask

_LOOK_EVERY = timedelta(seconds=1)
_COUNT_EVERY = timedelta(seconds=30)


def wire(context: Context, watch: CertificateWatch) -> Slice:
    """Return the slice."""
    return Slice(
        handlers=[CertificateController],
        dependencies={"audit_answering": AuditAnswering(context.database, watch, context.telemetry)},
        watches=[
            PeriodicTask("certificates", _LOOK_EVERY, watch.look),
            PeriodicTask("applied tags", _COUNT_EVERY, watch.flush),
        ],
        notes={"certificates": watch.note},
        stop=watch.flush,
    )
