"""Files that never change while the process runs: gzipped once, and sent again only when they are others."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from litestar import Request, Response

_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent: plain and gzipped, with the tag of its content."""

    plain: bytes
    gzipped: bytes
    etag: str

    @classmethod
    def of(cls, content: bytes) -> "StaticFile":
        """Return a file's content, compressed once."""
        return cls(content, gzip.compress(content, 9, mtime=0), f'"{hashlib.sha256(content).hexdigest()[:32]}"')

    def response(self, request: Request, kind: str, headers: Mapping[str, str]) -> Response[bytes]:  # type: ignore[type-arg]
        """Return the file of this media type, packed where the client unpacks it, or 304 where it has it already."""
        headers = {**headers, "ETag": self.etag, "Vary": "Accept-Encoding"}
        known = request.headers.get("if-none-match", "").split(",")
        if self.etag in {each.strip().removeprefix("W/") for each in known}:  # a proxy that packs again weakens it
            return Response(b"", status_code=304, headers=headers)
        zipped = bool(_GZIP.search(request.headers.get("accept-encoding", "")))
        headers |= {"Content-Encoding": "gzip"} if zipped else {}
        return Response(self.gzipped if zipped else self.plain, media_type=kind, headers=headers)
