"""Origins are those that browsers send: everything else would never match."""

from __future__ import annotations

import pytest

from serving.keys.origins import as_sent

SENT = [
    "https://shop.example",
    "http://localhost:8000",
    "https://a.b.example:8443",
    "http://[::1]:3000",
    "http://127.0.0.1",
]


@pytest.mark.parametrize("origin", SENT)
def test_what_a_browser_sends_is_kept(origin: str) -> None:
    assert as_sent(origin) == origin


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://Shop.Example", "https://shop.example"),
        ("HTTPS://shop.example", "https://shop.example"),
        ("https://shop.example/", "https://shop.example"),
        ("https://shop.example/help?x=1#top", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("https://münchen.example", "https://xn--mnchen-3ya.example"),
        ("https://ann:secret@shop.example", "https://shop.example"),
        ("http://[0:0:0:0:0:0:0:1]:3000", "http://[::1]:3000"),
    ],
)
def test_what_no_browser_sends_is_answered_with_what_it_sends(written: str, sent: str) -> None:
    assert as_sent(written) == sent


@pytest.mark.parametrize(
    "written",
    ["*", "https://*", "https://*.shop.example", "null", "", "shop.example", "ftp://shop.example", "file:///x", "https://",
     "https://shop example", "https://shop.example:99999", "https://-shop.example", "https://[::1", "https://a\nb",
     "https://shop.example\\evil", "chrome-extension://abc", "https://a..b", "https://" + "a" * 64],
)  # fmt: skip
def test_what_is_no_origin_has_none(written: str) -> None:
    assert as_sent(written) is None
