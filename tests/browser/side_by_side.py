"""Put several screens into one picture."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from tests.browser.visitor import browser_page

GAP = 24  # pixels between two screens


def side_by_side(shots: Sequence[bytes], widths: Sequence[int], height: int) -> bytes:
    """Return one PNG of all, each as wide as said and as high as the picture."""
    images = "".join(
        f'<img src="data:image/png;base64,{b64encode(shot).decode()}" width="{width}" height="{height}">'
        for shot, width in zip(shots, widths, strict=True)
    )
    with browser_page(viewport={"width": sum(widths) + GAP * (len(widths) - 1), "height": height}) as page:
        page.set_content(f'<body style="margin:0;display:flex;gap:{GAP}px;background:#9aa4b2">{images}')
        picture: bytes = page.screenshot()
    return picture
