"""A site of somebody else, on an origin of its own, that includes the widget under a strict content security policy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"></head>
<body><main><h1>A shop</h1><p>Its own words.</p><button id="other">Other</button>{inside}</main>
<script nonce="n0" src="{base}/widget.js" {attributes} async></script></body></html>"""


@dataclass
class Site:
    """Where the site is, and what its next page is like."""

    server: ThreadingHTTPServer
    base: str = ""
    key: str = ""
    lang: str = "en"
    more: str = ""
    inside: str = ""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def page(self) -> str:
        attributes = f'data-key="{self.key}" {self.more}'
        return _PAGE.format(lang=self.lang, base=self.base, inside=self.inside, attributes=attributes)

    @property
    def policy(self) -> str:
        return f"default-src 'none'; script-src 'nonce-n0'; connect-src {self.base}; img-src data:"


@contextmanager
def site() -> Iterator[Site]:
    """Serve the page on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = opened.page.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", opened.policy)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    opened = Site(server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield opened
    finally:
        server.shutdown()
        server.server_close()
