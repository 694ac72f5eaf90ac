"""What a form with files sent: its fields, and the files' bytes with the names that the browser gave them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anyio.to_thread
from litestar import Request
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header  # Litestar's own

from serving.console.forms import TOKEN, Form
from serving.errors import FieldError, InvalidRequest
from serving.http.auth import session_of
from serving.http.errors import FormNotProven

_PARTS = 10_000  # of a form: a folder has a part for each of its files
_NO_FORM = "This is no form that a page of the console sends."


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file; its name may be a path, and says nothing of where anything may be written."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Upload:
    """A form with its files; a file input that was left empty sends none."""

    form: Form
    files: Sequence[SentFile]

    @classmethod
    def read(cls, body: bytes, content_type: str) -> "Upload":
        """Read a body.

        Raises `InvalidRequest`: it is no form with files, or one with too many parts.
        """
        fields: dict[str, list[str]] = {}
        files: list[SentFile] = []
        try:
            boundary = parse_options_header(content_type)[1].get("boundary", "")
            with PushMultipartParser(boundary, content_length=len(body), max_segment_count=_PARTS) as parser:
                for segment, data in _parts(parser, body):
                    if segment.filename is None:
                        fields.setdefault(segment.name or "", []).append(data.decode())
                    elif segment.filename:
                        files.append(SentFile(segment.filename, data))
        except (MultipartError, UnicodeDecodeError, ValueError):
            raise InvalidRequest([FieldError("", _NO_FORM)]) from None
        return cls(Form(fields), files)


def _parts(parser: PushMultipartParser, body: bytes) -> list[tuple[MultipartSegment, bytes]]:
    found: list[tuple[MultipartSegment, bytes]] = []
    data: list[bytes] = []
    for event in (*parser.parse(body), *(() if parser.closed else parser.parse(b""))):
        if isinstance(event, MultipartSegment):
            found.append((event, b""))
            data = []
        elif event is None:
            found[-1] = (found[-1][0], b"".join(data))
        else:
            data.append(bytes(event))
    return found


async def upload_of(request: "Request[Any, Any, Any]") -> Upload:
    """Return the form and files of a request; the dependency `upload` of routes that take files.

    Raises `FormNotProven`: it does not carry the token of this session.
    """
    body, kind = await request.body(), request.headers.get("content-type", "")
    upload = await anyio.to_thread.run_sync(Upload.read, body, kind)
    if not session_of(request).has_form_token(upload.form.text(TOKEN)):
        raise FormNotProven
    return upload
