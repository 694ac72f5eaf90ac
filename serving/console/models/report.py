"""The report that a bundle carries, as a page of its own: it can run nothing and reach nothing."""

import base64
import hashlib
import re
from pathlib import Path

from litestar import MediaType, Response

from serving.errors import NotFound
from triage.errors import BundleRefused
from triage.model.bundle_files import REPORT, SealedFolder, read_manifest
from triage.model.promotion.erased_content import quotes
from triage.tickets.tombstones import Erased

_STYLE = re.compile(rb"<style>([^<]*+)</style>")  # no style sheet of a report has such a sign


def response(folder: Path, erased: Erased) -> Response[bytes]:
    """Return a bundle's report.

    Raises `NotFound`: the bundle carries none, or it is damaged, or it names a ticket that was erased since.
    """
    try:
        page = SealedFolder(folder, read_manifest(folder)).read(REPORT)
    except BundleRefused as problem:
        raise NotFound("report", folder.name, "This bundle carries no report, or it is damaged.") from problem
    if quotes(page.decode(errors="replace"), erased):
        said = "The report names a ticket that was erased since. Refit: the next bundle's report is without it."
        raise NotFound("report", folder.name, said)
    return Response(page, media_type=MediaType.HTML, headers=_headers(page))


def _headers(page: bytes) -> dict[str, str]:
    """Allow its own style sheet by hash and its attributes' custom properties; nothing is loaded, nothing runs."""
    digests = (base64.b64encode(hashlib.sha256(style).digest()).decode() for style in _STYLE.findall(page))
    styles = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    policy = (
        f"default-src 'none'; style-src {styles}; style-src-attr 'unsafe-inline'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; sandbox"
    )
    return {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
