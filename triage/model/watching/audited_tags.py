"""What becomes of a label that a certificate covers: applied, put to a person as an audit, or only suggested."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from triage.reason_codes import ReasonCode

if TYPE_CHECKING:
    from datetime import datetime

    from triage.model.assessment import Assessment
    from triage.model.certificate import Audit, Certificate


def audited(assessment: Assessment, audit: Audit) -> Assessment:
    """Return a label that would be applied as a question to a person."""
    said = "Sure enough to be applied, but some tags are checked: please confirm or correct this one."
    return replace(assessment, mode="suggest", reason=said, reason_code=ReasonCode.AUDITED, audit=audit)


def expired(assessment: Assessment, certificate: Certificate, at: datetime) -> Assessment:
    """Return a label that is applied no longer, because answers refuted its certificate at an instant."""
    alpha = f"{100 * certificate.alpha:.3g}%"
    said = f"Checks up to {at:%Y-%m-%d} showed that more than {alpha} of such tags are wrong, so a person decides."
    return _suggested(assessment, said, ReasonCode.CERTIFICATE_EXPIRED)


def lapsed(assessment: Assessment, at: datetime) -> Assessment:
    """Return a label that is applied no longer, because its certificate was not renewed in time."""
    said = f"The certificate lapsed on {at:%Y-%m-%d} and was not renewed, so a person decides."
    return _suggested(assessment, said, ReasonCode.CERTIFICATE_LAPSED)


def unknown(assessment: Assessment) -> Assessment:
    """Return a label that is not applied while nobody can tell whether its certificate was ended."""
    said = "Whether the certificate still holds cannot be looked up right now, so a person decides."
    return _suggested(assessment, said, ReasonCode.CERTIFICATE_LAPSED)


def _suggested(assessment: Assessment, said: str, code: ReasonCode) -> Assessment:
    return replace(assessment, mode="suggest", reason=said, reason_code=code, certificate=None)
